import { spawnSync } from 'node:child_process';
import { add, cast, gather, input, matmul, multiply, negate, parameter, tensor } from '@spatiallock/core';
import { node, type Op } from '@spatiallock/core/backend';
import { afterAll, describe, expect, it } from 'vitest';
import { checkCommandLine } from '../src/commandLine.js';
import { cpu, cuda } from '../src/index.js';
import { disableTelemetry } from '../src/telemetry.js';

const backend = cpu({ threads: 1 });
afterAll(() => backend.dispose());

const x = input('x', [2, 2]);
const w = parameter('net.weight', [2, 2]);
const weight = tensor([1, 0, 0, 1], [2, 2]);
const linear = { inputs: { x }, params: { 'net.weight': w }, outputs: { y: matmul(x, w) } };

describe('compiling', () => {
  it('names a parameter that is missing, or has another shape or dtype', async () => {
    await expect(backend.compile(linear, {})).rejects.toThrow(
      'params.net.weight: missing; give float32[2, 2]',
    );
    await expect(backend.compile(linear, { 'net.weight': tensor([1, 2], [2]) })).rejects.toThrow(
      'params.net.weight: is float32[2] but must be float32[2, 2]',
    );
    await expect(
      backend.compile(linear, { 'net.weight': tensor([1, 2, 3, 4], [2, 2], 'int32') }),
    ).rejects.toThrow('params.net.weight: is int32[2, 2] but must be float32[2, 2]');
  });

  it('names an input that the graph does not hold', async () => {
    const graph = { inputs: {}, params: {}, outputs: { y: negate(x) } };
    await expect(backend.compile(graph, {})).rejects.toThrow('x[2, 2]: an output depends on this input');
  });

  it('names an op that it does not know', async () => {
    const unknown: Op = { name: 'fourier', infer: ([v]) => ({ shape: v!.shape, dtype: v!.dtype }) };
    const graph = { inputs: { x }, params: {}, outputs: { y: node(unknown, [x]) } };
    await expect(backend.compile(graph, {})).rejects.toThrow('no lowering for fourier');
  });

  it('stops when asked to', async () => {
    const options = { signal: AbortSignal.abort(new Error('enough')) };
    await expect(backend.compile(linear, { 'net.weight': weight }, options)).rejects.toThrow('enough');
  });

  it('refuses CUDA where the runtime has none, and says what to install', async () => {
    await expect(cuda().compile(linear, { 'net.weight': weight })).rejects.toThrow(
      /cuda: .*npm install onnxruntime-node/,
    );
  });

  it('refuses a number of threads that is none', () => {
    expect(() => cpu({ threads: 0 })).toThrow('cpu: threads (0) must be a whole number in 1..1024');
  });
});

describe('an executable that was disposed of', () => {
  it('refuses to run, and to give parameters, of which those that moved are gone', async () => {
    const step = { ...linear, updates: { 'net.weight': multiply(w, 2) } };
    const compiled = await backend.compile(step, { 'net.weight': weight });
    await compiled.dispose();
    await expect(compiled.run({ x: weight })).rejects.toThrow('run: this executable was disposed of');
    await expect(compiled.readParams()).rejects.toThrow('readParams: this executable was disposed of');
  });
});

describe('what onnxruntime-node reads of the process', () => {
  /** Compiles a graph in a process with a long command line. */
  function compiled(telemetry: string | undefined) {
    const script = `
      const { cpu } = await import(${JSON.stringify(import.meta.resolve('../src/index.ts'))});
      const { input, multiply, tensor } = await import(${JSON.stringify(import.meta.resolve('@spatiallock/core'))});
      const backend = cpu({ threads: 1 });
      const x = input('x', [1]);
      const graph = { inputs: { x }, params: {}, outputs: { y: multiply(x, 2) } };
      await backend.compile(graph, {}).then(
        async (executable) => console.log((await executable.run({ x: tensor([3], [1]) })).y.data[0]),
        ({ message }) => console.log(message),
      );
    `;
    const flags = ['--import', import.meta.resolve('tsx'), '--conditions=@spatiallock/source'];
    const words = [...flags, '--input-type=module', '--eval', script, 'a'.repeat(60_000)];
    const env = { ...process.env, ORT_DISABLE_TELEMETRY: telemetry };
    const { signal, stdout } = spawnSync(process.execPath, words, { encoding: 'utf8', env });
    return { signal, stdout: stdout.trim() };
  }

  it('is nothing by default: a command line of any length works', () => {
    expect(compiled(undefined)).toEqual({ signal: null, stdout: '6' });
  });

  it('is refused where telemetry was asked for and the runtime would end the process', () => {
    const { signal, stdout } = compiled('0');
    expect(signal).toBeNull();
    expect(stdout).toMatch(
      /^onnxruntime-node cannot be started by a command line of \d+ bytes, at most 10000; give/,
    );
  });

  it('is at most 10,000 bytes of a command line, on Linux', () => {
    expect(() => checkCommandLine(['node', 'é'.repeat(4_997)], 'linux')).not.toThrow();
    expect(() => checkCommandLine(['node', 'é'.repeat(4_998)], 'linux')).toThrow('of 10001 bytes');
    expect(() => checkCommandLine(['node', 'a'.repeat(20_000)], 'win32')).not.toThrow();
  });

  it.each([
    [undefined, true, '1', true],
    [undefined, false, undefined, false],
    ['0', true, '0', false],
    ['False', true, 'False', false],
    ['', true, '', false],
    ['1', false, '1', true],
    ['true', true, 'true', true],
  ])('with the variable %o, main thread %o, is decided', (given, isMainThread, left, off) => {
    const env: Record<string, string | undefined> = { ORT_DISABLE_TELEMETRY: given };
    expect(disableTelemetry(env, isMainThread)).toBe(off);
    expect(env.ORT_DISABLE_TELEMETRY).toBe(left);
  });
});

describe('running', () => {
  it('names an input that is missing, or has another shape, dtype or length', async () => {
    const compiled = await backend.compile(linear, { 'net.weight': weight });
    await expect(compiled.run({})).rejects.toThrow('inputs.x: missing; give float32[2, 2]');
    await expect(compiled.run({ x: tensor([1], [1]) })).rejects.toThrow(
      'inputs.x: is float32[1] but must be',
    );
    await expect(compiled.run({ x: tensor([1, 2, 3, 4], [2, 2], 'int32') })).rejects.toThrow(
      'inputs.x: is int32[2, 2]',
    );
    const short = { dtype: 'float32', shape: [2, 2], data: new Float32Array(3) } as const;
    await expect(compiled.run({ x: short })).rejects.toThrow('inputs.x: 3 numbers do not fill');
  });

  it('names the op and the parameter that fail at run time, and keeps the parameters', async () => {
    const ids = input('ids', [1], 'int32');
    const table = parameter('net.table', [2, 1]);
    const rows = gather(table, ids);
    const updates = { 'net.table': add(table, 1) };
    const graph = { inputs: { ids }, params: { 'net.table': table }, outputs: { rows }, updates };
    const compiled = await backend.compile(graph, { 'net.table': tensor([1, 2], [2, 1]) });
    await expect(compiled.run({ ids: tensor([7], [1], 'int32') })).rejects.toThrow(
      /gather\[1, 1\] of net\.table/,
    );
    expect((await compiled.readParams())['net.table']!.data).toEqual(Float32Array.of(1, 2));
  });

  it('says so when an executable was disposed of', async () => {
    const compiled = await backend.compile(linear, { 'net.weight': weight });
    await compiled.dispose();
    await compiled.dispose();
    await expect(compiled.run({ x: weight })).rejects.toThrow('disposed');
  });

  it('does not ask the runtime for inputs that no output needs', async () => {
    const spare = input('spare', [3]);
    const graph = { inputs: { x, spare }, params: {}, outputs: { y: multiply(x, 2), same: x } };
    const compiled = await backend.compile(graph, {});
    const { y, same } = await compiled.run({ x: weight, spare: tensor([0, 0, 0], [3]) });
    expect([...y!.data]).toEqual([2, 0, 0, 2]);
    expect([...same!.data]).toEqual([1, 0, 0, 1]);
  });
});

describe('half precision', () => {
  it('takes halves for float32 parameters, and gives halves where the graph says so', async () => {
    const half = {
      dtype: 'float16',
      shape: [2, 2],
      data: Uint16Array.of(0x3c00, 0x4000, 0xc200, 0x3555),
    } as const;
    const graph = { inputs: {}, params: { 'net.weight': w }, outputs: { full: w, half: cast(w, 'float16') } };
    const compiled = await backend.compile(graph, { 'net.weight': half });
    const { full, half: again } = await compiled.run({});
    expect([...full!.data].slice(0, 3)).toEqual([1, 2, -3]);
    expect(full!.data[3]).toBeCloseTo(1 / 3, 3);
    expect(again).toEqual(half);
  });
});
