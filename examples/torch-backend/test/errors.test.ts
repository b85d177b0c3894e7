import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { add, type Graph, gather, input, matmul, multiply, parameter, tensor } from '@spatiallock/core';
import { node, type Op } from '@spatiallock/core/backend';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { torchBackend } from '../src/index.js';
import { python, torchCpu } from './support.js';

const x = input('x', [2, 2]);
const w = parameter('w', [2, 2]);
const linear: Graph = { inputs: { x }, params: { w }, outputs: { y: matmul(x, w) } };
const weight = tensor([1, 0, 0, 1], [2, 2]);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'torch-backend-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('a device that is not there', () => {
  it('says what to install where Python is missing', async () => {
    const backend = torchBackend({ python: 'no-such-python' });
    await expect(backend.compile(linear, { w: weight })).rejects.toMatchObject({
      name: 'DeviceError',
      reason: 'unavailable',
      message: expect.stringMatching(/no-such-python could not be started\. Install Python 3 with PyTorch/),
    });
    await backend.dispose();
  });

  it('says what to install where PyTorch is missing', async () => {
    const bare = join(folder, 'bare-python');
    await writeFile(bare, `#!/bin/sh\nexec ${python} -S -E -I "$2"\n`);
    await chmod(bare, 0o755);
    const backend = torchBackend({ python: bare });
    await expect(backend.compile(linear, { w: weight })).rejects.toThrow(
      /has no PyTorch .*Install it with `pip install torch`/,
    );
  });

  it('refuses CUDA where there is none', async () => {
    const backend = torchCpu({ device: 'cuda:99' });
    await expect(backend.compile(linear, { w: weight })).rejects.toMatchObject({ reason: 'unavailable' });
  });

  it('says how Python ended where its files are missing', async () => {
    const backend = torchCpu({ worker: join(folder, 'nowhere.py') });
    await expect(backend.compile(linear, { w: weight })).rejects.toThrow(/ended with code 2.*nowhere\.py/s);
  });
});

describe('a worker that dies', () => {
  it('rejects what waits with its last lines, and a new one is started after disposing', async () => {
    const lines: string[] = [];
    const backend = torchCpu({ onLine: (line) => lines.push(line) });
    const executable = await backend.compile(linear, { w: weight });
    const pid = Number(/process (\d+)/.exec(lines.join('\n'))?.[1]);
    process.kill(pid, 'SIGSTOP');
    const waiting = [executable.run({ x: weight }), executable.readParams()];
    process.kill(pid, 'SIGKILL');
    for (const run of waiting) {
      await expect(run).rejects.toMatchObject({
        reason: 'lost',
        message: expect.stringMatching(/ended by signal SIGKILL; its last lines were:.*PyTorch/s),
      });
    }
    await expect(executable.run({ x: weight })).rejects.toThrow('ended by signal SIGKILL');
    await backend.dispose();
    const again = await backend.compile(linear, { w: weight });
    expect((await again.run({ x: weight })).y!.data).toEqual(weight.data);
    await backend.dispose();
  });

  it('lives on after a Ctrl-C, so that the parameters can be saved', async () => {
    const lines: string[] = [];
    const backend = torchCpu({ onLine: (line) => lines.push(line) });
    const executable = await backend.compile(linear, { w: weight });
    process.kill(Number(/process (\d+)/.exec(lines.join('\n'))?.[1]), 'SIGINT');
    expect((await executable.run({ x: weight })).y!.data).toEqual(weight.data);
    await backend.dispose();
  });

  it.each([
    ['lost', 'RuntimeError: CUDA error: device-side assert triggered'],
    ['out-of-memory', 'OutOfMemoryError: CUDA out of memory. Tried to allocate 20.00 GiB'],
  ])('tells a device %s from what Python says', async (reason, said) => {
    const worker = join(folder, `${reason}.py`);
    const answers = [
      { id: 0, bytes: 0 },
      { id: 1, bytes: 0, error: said, traceback: 'line 7' },
    ];
    const lines = answers.map((answer) => `input(); print(${JSON.stringify(JSON.stringify(answer))})`);
    await writeFile(worker, `${lines.join('\n')}\ninput()\n`);
    const backend = torchCpu({ worker });
    const compiled = backend.compile({ inputs: {}, params: {}, outputs: {} }, {});
    await expect(compiled).rejects.toMatchObject({ name: 'DeviceError', reason });
    await backend.dispose();
  });

  it('finishes what waits when the backend is disposed of, and takes no more', async () => {
    const backend = torchCpu();
    const executable = await backend.compile(linear, { w: weight });
    const run = executable.run({ x: weight });
    await backend.dispose();
    expect((await run).y!.data).toEqual(weight.data);
    await expect(executable.run({ x: weight })).rejects.toThrow('disposed of');
  });
});

describe('a graph at fault', () => {
  const backend = torchCpu();
  afterAll(() => backend.dispose());

  it('names an op that it does not know', async () => {
    const unknown: Op = { name: 'fourier', infer: ([v]) => ({ shape: v!.shape, dtype: v!.dtype }) };
    const graph = { inputs: { x }, params: {}, outputs: { y: node(unknown, [x]) } };
    await expect(backend.compile(graph, {})).rejects.toThrow('no lowering for fourier');
  });

  it('names an input that the graph does not hold', async () => {
    const graph = { inputs: {}, params: {}, outputs: { y: multiply(x, 2) } };
    await expect(backend.compile(graph, {})).rejects.toThrow('x[2, 2]: an output depends on this input');
  });

  it('keeps the parameters of a run that failed, and goes on', async () => {
    const ids = input('ids', [1], 'int32');
    const table = parameter('table', [2, 1]);
    const graph: Graph = {
      inputs: { ids },
      params: { table },
      outputs: { rows: gather(table, ids) },
      updates: { table: add(table, 1) },
    };
    const executable = await backend.compile(graph, { table: tensor([1, 2], [2, 1]) });
    await expect(executable.run({ ids: tensor([7], [1], 'int32') })).rejects.toThrow(/index/i);
    expect((await executable.readParams()).table!.data).toEqual(Float32Array.of(1, 2));
    await executable.run({ ids: tensor([1], [1], 'int32') });
    expect((await executable.readParams()).table!.data).toEqual(Float32Array.of(2, 3));
  });

  it('lets parameters change places, and an input become one', async () => {
    const [a, b, c] = ['a', 'b', 'c'].map((name) => parameter(name, [2, 2]));
    const graph: Graph = {
      inputs: { x },
      params: { a: a!, b: b!, c: c! },
      outputs: { a: a! },
      updates: { a: b!, b: a!, c: x },
    };
    const [one, two] = [tensor([1, 1, 1, 1], [2, 2]), tensor([2, 2, 2, 2], [2, 2])];
    const executable = await backend.compile(graph, { a: one, b: two, c: one });
    expect((await executable.run({ x: weight })).a!.data).toEqual(one.data);
    const { a: newA, b: newB, c: newC } = await executable.readParams();
    expect([newA!.data, newB!.data, newC!.data]).toEqual([two.data, one.data, weight.data]);
  });
});
