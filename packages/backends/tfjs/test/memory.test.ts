// What stays on the device, and what TensorFlow.js is asked to free.

import {
  add,
  type Backend,
  conv2d,
  DeviceError,
  type Graph,
  gather,
  groupNorm,
  input,
  multiply,
  parameter,
  silu,
  sum,
  tensor,
  upsampleNearest,
} from '@spatiallock/core';
import { rootsOf, topological, transposeOp } from '@spatiallock/core/backend';
import { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu';
import { engine, getBackend, registerBackend, setBackend, tensor as tfTensor } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { type Device, prepare, tfjsBackend, wasm } from '../src/index.js';

const storage = new MathBackendCPU();
const device: Device = { name: 'test', kernels: 'cpu', storage, sharesMemory: true, dispose: () => {} };
const backend: Backend = tfjsBackend('test', async () => device);
const zeros = (...shape: number[]) => tensor(new Float32Array(shape.reduce((a, b) => a * b, 1)), shape);

/** Convolutions with a norm, an activation and upsampling between them. */
function network(): Graph {
  const x = input('x', [1, 4, 4, 4]);
  const k = parameter('k', [4, 4, 3, 3]);
  const [w, b] = [parameter('w', [4]), parameter('b', [4])];
  const y = silu(groupNorm(conv2d(x, k, { padding: 1 }), w, b, 2));
  const z = conv2d(upsampleNearest(add(y, 1), 2), k, { padding: 1 });
  return { inputs: { x }, params: { k, w, b }, outputs: { z } };
}

const params = { k: zeros(4, 4, 3, 3), w: zeros(4), b: zeros(4) };

describe('the layout', () => {
  it('moves axes at the ends of a chain and nowhere within', () => {
    const all = topological(rootsOf(prepare(network(), () => false)));
    const moves = all.filter(
      ({ op, inputs }) =>
        op === transposeOp && inputs[0]!.op.name !== 'parameter' && inputs[0]!.shape.length === 4,
    );
    expect(moves.map(({ shape }) => shape)).toEqual([
      [1, 4, 4, 4],
      [1, 4, 8, 8],
    ]);
  });
});

describe('memory', () => {
  it('holds after a run what it held before, and nothing after disposing', async () => {
    const before = storage.numDataIds();
    const compiled = await backend.compile(network(), params);
    const resident = storage.numDataIds();
    expect(resident).toBeGreaterThan(before);
    for (let i = 0; i < 3; i++) await compiled.run({ x: zeros(1, 4, 4, 4) });
    expect(storage.numDataIds()).toBe(resident);
    await compiled.dispose();
    expect(storage.numDataIds()).toBe(before);
  });

  it('keeps the state of training and frees the rest, also when a step fails', async () => {
    const before = storage.numDataIds();
    const ids = input('ids', [1], 'int32');
    const table = parameter('net.table', [2, 1]);
    const updates = { 'net.table': multiply(table, 2) };
    const graph = {
      inputs: { ids },
      params: { 'net.table': table },
      outputs: { y: sum(gather(table, ids)) },
      updates,
    };
    const compiled = await backend.compile(graph, { 'net.table': tensor([1, 2], [2, 1]) });
    await compiled.run({ ids: tensor([1], [1], 'int32') });
    const resident = storage.numDataIds();
    await expect(compiled.run({ ids: tensor([7], [1], 'int32') })).rejects.toThrow(
      /test: gather\[1, 1\] of net\.table/,
    );
    await compiled.run({ ids: tensor([1], [1], 'int32') });
    expect(storage.numDataIds()).toBe(resident);
    expect((await compiled.readParams())['net.table']!.data).toEqual(Float32Array.of(4, 8));
    await compiled.dispose();
    expect(storage.numDataIds()).toBe(before);
  });
});

describe('the state of training', () => {
  const [x, w, k] = [input('x', [2]), parameter('w', [2]), parameter('k', [2])];
  const graph: Graph = {
    inputs: { x },
    params: { w, k },
    outputs: { y: add(x, multiply(k, 2)) },
    updates: { w: x },
  };
  const start = () => ({ w: tensor([1, 1], [2]), k: tensor([1, 2], [2]) });

  it('is not given, and nothing runs, after disposing', async () => {
    const compiled = await backend.compile(graph, start());
    await compiled.run({ x: tensor([3, 4], [2]) });
    await compiled.dispose();
    await expect(compiled.readParams()).rejects.toThrow('readParams: this executable was disposed of');
    await expect(compiled.run({ x: tensor([3, 4], [2]) })).rejects.toThrow('was disposed of');
    const wrong = compiled.run({});
    await expect(wrong).rejects.toThrow('inputs.x: missing');
  });

  it("does not follow what the caller writes over the last step's inputs", async () => {
    const compiled = await backend.compile(graph, start());
    const given = tensor([3, 4], [2]);
    await compiled.run({ x: given });
    given.data.fill(9);
    expect((await compiled.readParams()).w!.data).toEqual(Float32Array.of(3, 4));
    await compiled.dispose();
  });

  it('leaves nothing on the device where it finds no room there', async () => {
    const before = storage.numDataIds();
    let room = Number.POSITIVE_INFINITY;
    let written = 0;
    const small: Device['storage'] = Object.assign(Object.create(storage) as typeof storage, {
      write: (...data: Parameters<typeof storage.write>) => {
        if (++written > room) throw new Error('no room');
        return storage.write(...data);
      },
    });
    const tight = tfjsBackend('tight', async () => ({ ...device, storage: small }));
    await (await tight.compile(graph, start())).dispose();
    room = written - 1;
    written = 0;
    await expect(tight.compile(graph, start())).rejects.toThrow('no room');
    expect(storage.numDataIds()).toBe(before);
  });
});

describe('TensorFlow.js itself', () => {
  it('keeps the backend that the application chose, and shares the memory of wasm', async () => {
    registerBackend('mine', () => new MathBackendCPU());
    await setBackend('mine');
    const ours = wasm();
    const graph = network();
    const compiled = await ours.compile(graph, params);
    expect(getBackend()).toBe('mine');
    const held = engine().registry.wasm!.numDataIds();
    await setBackend('wasm');
    const theirs = tfTensor([1, 2, 3]);
    expect(engine().registry.wasm!.numDataIds()).toBe(held + 1);
    expect([...(await compiled.run({ x: zeros(1, 4, 4, 4) })).z!.data]).toEqual(new Array(256).fill(0));
    expect([...(await theirs.data())]).toEqual([1, 2, 3]);
    await ours.dispose();
  });
});

describe('devices', () => {
  const x = input('x', [2]);
  const graph = { inputs: { x }, params: {}, outputs: { y: add(x, 1) } };
  const failing = (message: string): Backend =>
    tfjsBackend('test', async () => ({
      ...device,
      checkAllocated: () => {
        throw new Error(message);
      },
    }));

  it('say when their memory is full or they are lost, and what to try', async () => {
    for (const [message, reason] of [
      ['Array buffer allocation failed', 'out-of-memory'],
      ['The device was lost', 'lost'],
    ] as const) {
      const compiled = await failing(message).compile(graph, {});
      const error = await compiled.run({ x: tensor([1, 2], [2]) }).catch((cause: unknown) => cause);
      expect(error).toBeInstanceOf(DeviceError);
      expect(error).toMatchObject({ device: 'test', reason, advice: expect.stringMatching(/\w/) });
    }
  });

  it('name a kernel that they lack when the graph is compiled', async () => {
    const bare = tfjsBackend('bare', async () => ({ ...device, name: 'bare', kernels: 'webgpu' }));
    await expect(bare.compile(graph, {})).rejects.toMatchObject({
      reason: 'missing-feature',
      device: 'bare',
    });
  });

  it('are opened again after they could not be', async () => {
    let tries = 0;
    const shy = tfjsBackend('shy', async () => {
      tries += 1;
      if (tries === 1) throw new Error('not yet');
      return device;
    });
    await expect(shy.compile(graph, {})).rejects.toThrow('not yet');
    await (await shy.compile(graph, {})).dispose();
    expect(tries).toBe(2);
  });
});
