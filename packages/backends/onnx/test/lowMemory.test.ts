// In low memory the runtime keeps no copies of weights: it transposes and reorders them in each call.

import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fromBinary } from '@bufbuild/protobuf';
import {
  add,
  conv2d,
  type Graph,
  grad,
  input,
  less,
  matmul,
  mean,
  multiply,
  parameter,
  referenceBackend,
  scalar,
  type Tensor,
  type Tensors,
  tensor,
  transpose,
  uniform,
  type Value,
  where,
  zeros,
} from '@spatiallock/core';
import { float16ToFloat32, float32ToFloat16 } from '@spatiallock/core/io';
import { initialise } from '@spatiallock/core/nn';
import { adamw, trainingGraph } from '@spatiallock/core/train';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ModelProtoSchema } from '../src/gen/onnx_pb.js';
import { cpu } from '../src/index.js';
import { memoryPlan } from '../src/memoryPlan.js';
import { processMemory } from '../src/processMemory.js';
import { releaseMemory } from '../src/releaseMemory.js';
import { noise, worst } from './support.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'low-memory-'));
});
afterAll(() => rm(folder, { recursive: true }));

const CHANNELS = 64;
const kernel = parameter('kernel', [CHANNELS, CHANNELS, 3, 3]);
const weight = parameter('weight', [CHANNELS, CHANNELS]);
const params: Tensors = { kernel: noise(kernel.shape, 1), weight: noise(weight.shape, 2) };
const given = { x: noise([1, CHANNELS, 5, 4], 3), rows: noise([6, CHANNELS], 4) };
const inputs = { x: input('x', given.x.shape), rows: input('rows', given.rows.shape) };

/** As in fine-tuning: forward and backward through weights that stay. */
function throughFrozen(): Graph {
  const conv = conv2d(inputs.x, kernel, { padding: 1 });
  const product = matmul(inputs.rows, transpose(weight, [1, 0]));
  const loss = add(mean(multiply(conv, conv)), mean(multiply(product, product)));
  const [dx, drows] = grad(loss, [inputs.x, inputs.rows]) as [Value, Value];
  return { inputs, params: { kernel, weight }, outputs: { loss, dx, drows } };
}

/** All constants of the model as the runtime runs it, and what a run gives where one is wanted. */
async function compiled(graph: Graph, weights: Tensors, lowMemory: boolean, feeds?: Tensors) {
  const optimizedModelFilePath = join(folder, 'optimised.onnx');
  const backend = cpu({ threads: 1, session: { optimizedModelFilePath } });
  try {
    const executable = await backend.compile(graph, weights, { lowMemory });
    const model = fromBinary(ModelProtoSchema, await readFile(optimizedModelFilePath)).graph!;
    const bytes = model.initializer.reduce(
      (sum, { dims, dataType }) => sum + dims.reduce((a, b) => a * Number(b), dataType === 10 ? 2 : 4),
      0,
    );
    const names = model.initializer.map(({ name }) => name);
    return { bytes, names, outputs: feeds ? await executable.run(feeds) : {} };
  } finally {
    await backend.dispose();
  }
}

const weightBytes = 4 * (kernel.shape.reduce((a, b) => a * b, 1) + CHANNELS * CHANNELS);

it('keeps no transposed or turned copies of weights, and gives the same numbers', async () => {
  const usual = await compiled(throughFrozen(), params, false, given);
  const low = await compiled(throughFrozen(), params, true, given);
  expect(usual.bytes).toBeGreaterThan(1.5 * weightBytes);
  expect(low.bytes).toBeLessThan(1.1 * weightBytes);
  for (const name of ['loss', 'dx', 'drows']) {
    expect(worst(low.outputs[name]!.data, usual.outputs[name]!.data), name).toBeLessThan(1e-5);
  }
});

describe('products with the transpose of a weight', () => {
  const { rows } = inputs;
  const turned = transpose(weight, [1, 0]);
  const own = { weight: params.weight! };
  const forRows = { rows: given.rows };

  const graph = { inputs: { rows }, params: { weight }, outputs: { y: matmul(rows, turned) } };

  it('keep no transposed copy of the weight', async () => {
    const { names, outputs } = await compiled(graph, own, true, forRows);
    const expected = await referenceBackend().compile(graph, own);
    expect(names).toEqual(['param:weight']);
    expect(worst(outputs.y!.data, (await expected.run(forRows)).y!.data)).toBeLessThan(1e-5);
  });

  it('of a network of less than 1 GiB are computed with the transpose, as of any backend', async () => {
    expect((await compiled(graph, own, false)).names).not.toContain('param:weight');
  });

  it.each([
    [2 ** 14, true],
    [2 ** 14 - 1, false],
  ])(
    'of a network of %i x 16384 float32 numbers are fused with the transpose: %s',
    (height, fusesTransposes) => {
      const large = parameter('large', [height, 2 ** 14]);
      const wide = { wide: input('wide', [1, 2 ** 14]) };
      const y = matmul(wide.wide, transpose(large, [1, 0]));
      const whole = { inputs: wide, params: { large }, outputs: { y } };
      expect(memoryPlan(whole, false)).toEqual({ lowMemory: false, fusesTransposes });
      expect(memoryPlan(whole, true)).toEqual({ lowMemory: true, fusesTransposes: true });
    },
  );

  it.each<[string, Value]>([
    ['added to', add(matmul(rows, turned), matmul(rows, multiply(turned, 2)))],
    ['multiplied from the left', matmul(turned, matmul(weight, transpose(rows, [1, 0])))],
    ['given as it is', turned],
  ])('may have other readers: a transpose that is %s', async (_, y) => {
    const graph = { inputs: { rows }, params: { weight }, outputs: { y, z: matmul(rows, turned) } };
    const { outputs } = await compiled(graph, own, true, forRows);
    const expected = await (await referenceBackend().compile(graph, own)).run(forRows);
    for (const name of ['y', 'z']) {
      expect(worst(outputs[name]!.data, expected[name]!.data), name).toBeLessThan(1e-5);
    }
  });
});

describe('a step of training that is large for the memory', () => {
  /** At least one of its values takes this many bytes. */
  const step = (bytes: number): Graph => {
    const [many, bias] = [
      input('many', [Math.ceil(bytes / (4 * CHANNELS)), CHANNELS]),
      parameter('bias', [CHANNELS]),
    ];
    const product = matmul(add(many, bias), transpose(weight, [1, 0]));
    const loss = mean(multiply(product, product));
    const [gradient] = grad(loss, [bias]) as [Value];
    return {
      inputs: { many },
      params: { weight, bias },
      outputs: { loss },
      updates: { bias: add(bias, gradient) },
    };
  };
  const GIB = 2 ** 30;

  it('is compiled for low memory', async () => {
    const graph = step(processMemory() / 4);
    const { bytes } = await compiled(graph, { weight: params.weight!, bias: noise([CHANNELS], 5) }, false);
    expect(bytes).toBeLessThan(1.5 * 4 * CHANNELS * CHANNELS);
  });

  it.each<[number, number | undefined, boolean]>([
    [GIB, undefined, true],
    [GIB / 16, undefined, false],
    [GIB, 64 * GIB, false],
    [GIB, 4 * GIB, true],
    [GIB / 4, GIB, true],
  ])('%i bytes of %s: %s', (bytes, memory, lowMemory) => {
    expect(memoryPlan(step(bytes), false, memory).lowMemory).toBe(lowMemory);
    const { updates: _, ...inference } = step(bytes);
    expect(memoryPlan(inference, false, memory).lowMemory).toBe(false);
  });

  it.each([
    [2, true],
    [1, false],
  ])('counts its parameters: %i GiB of 6 GiB', (size, lowMemory) => {
    const { params: own, ...rest } = step(GIB / 64);
    const table = parameter('table', [size * 2 ** 18, 2 ** 10]);
    expect(memoryPlan({ ...rest, params: { ...own, table } }, false, 6 * GIB).lowMemory).toBe(lowMemory);
  });

  it.each<[number, number | undefined, number]>([
    [24, undefined, 24],
    [24, 0, 24],
    [24, 2 ** 64, 24],
    [24, 8, 8],
  ])('a machine of %i under a limit of %s has %i', (total, limit, memory) => {
    expect(processMemory(total, limit)).toBe(memory);
  });
});

describe('a step of training in low memory', () => {
  const x = input('x', [8, CHANNELS]);
  const w = {
    a: parameter('a', [CHANNELS, CHANNELS], { init: uniform(0.2) }),
    b: parameter('b', [CHANNELS], { init: zeros }),
  };
  const error = add(matmul(x, w.a), w.b);
  const loss = mean(multiply(error, error));
  const step = trainingGraph({
    ...{ inputs: { x }, params: w, loss },
    ...{ optimiser: adamw(), learningRate: () => scalar(0.01), ema: 0.9 },
  });
  const start = initialise(step.params, 1);
  const feeds = { x: noise([8, CHANNELS], 5) };

  it('gives the numbers of any other', async () => {
    const backend = cpu({ threads: 1 });
    const usual = await backend.compile(step, start);
    const low = await backend.compile(step, start, { lowMemory: true });
    for (let i = 0; i < 3; i++) expect(await low.run(feeds)).toEqual(await usual.run(feeds));
    expect(await low.readParams()).toEqual(await usual.readParams());
    await backend.dispose();
  });

  it('moves its numbers in place, but for those that were read', async () => {
    const backend = cpu({ threads: 1 });
    const low = await backend.compile(step, start, { lowMemory: true });
    const lent = () => low.withParams!(async (params) => Object.values(params).map(({ data }) => data));
    await low.run(feeds);
    const first = await lent();
    await low.run(feeds);
    for (const [i, data] of (await lent()).entries()) expect(data).toBe(first[i]);
    const read = Object.values(await low.readParams());
    const before = read.map(({ data }) => data.slice());
    await low.run(feeds);
    expect(read.map(({ data }) => data)).toEqual(before);
    expect(await lent()).not.toEqual(before);
    await backend.dispose();
  });

  it('frees memory at once, but for that which others share', () => {
    const own = noise([CHANNELS], 6);
    releaseMemory(own);
    expect(own.data.length).toBe(0);
    const shared = tensor(new Float32Array(new SharedArrayBuffer(4 * CHANNELS)), [CHANNELS]);
    releaseMemory(shared);
    expect(shared.data.length).toBe(CHANNELS);
  });
});

const scalarOf = (value: number): Tensor => tensor([value], []);

describe('weights that are kept as halves', () => {
  const data = float32ToFloat16(params.weight!.data as Float32Array);
  const wide = float16ToFloat32(data);
  const halves: Tensor = {
    ...{ dtype: 'float32', shape: weight.shape, stored: { dtype: 'float16', data } },
    get data(): Float32Array {
      throw new Error('the numbers were widened in memory');
    },
  };
  const on = input('on', []);
  const { rows } = inputs;
  const chosen = where(less(on, 1), matmul(rows, transpose(weight, [1, 0])), matmul(rows, weight));
  const graph = { inputs: { rows, on }, params: { weight }, outputs: { chosen } };

  it.each([0, 1])('stay halves, in branches too: %s', async (value) => {
    const feeds = { rows: given.rows, on: scalarOf(value) };
    const expected = await compiled(graph, { weight: { ...params.weight!, data: wide } }, false, feeds);
    const low = await compiled(graph, { weight: halves }, true, feeds);
    expect(low.bytes).toBeLessThan(2.5 * CHANNELS * CHANNELS);
    expect(worst(low.outputs.chosen!.data, expected.outputs.chosen!.data)).toBeLessThan(1e-5);
  });
});
