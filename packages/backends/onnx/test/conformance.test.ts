// Every op against core's interpreter.

import {
  abs,
  add,
  argMax,
  attention,
  broadcastTo,
  cast,
  composites,
  concat,
  conv2d,
  cos,
  divide,
  equal,
  erf,
  exp,
  gather,
  gelu,
  grad,
  groupNorm,
  input,
  interpret,
  layerNorm,
  less,
  log,
  logSoftmax,
  matmul,
  max,
  maximum,
  minimum,
  multiply,
  negate,
  pad,
  pixelShuffle,
  pixelUnshuffle,
  power,
  primitives,
  relu,
  reshape,
  scatterAdd,
  sigmoid,
  sign,
  silu,
  sin,
  slice,
  softmax,
  softplus,
  sqrt,
  stopGradient,
  subtract,
  sum,
  type Tensor,
  tanh,
  tensor,
  topological,
  transpose,
  upsampleNearest,
  type Value,
  where,
} from '@spatiallock/core';
import { afterAll, describe, expect, it } from 'vitest';
import { backend, noise, worst } from './support.js';

afterAll(() => backend.dispose());

const a = noise([2, 3, 4], 1);
const positive = tensor(noise([2, 3, 4], 2).data.map((x) => Math.abs(x) + 0.1) as Float32Array, [2, 3, 4]);
const row = noise([4], 3);
const map = noise([2, 8, 6, 4], 4);
const table = noise([5, 3], 5);
const ids = tensor([4, 0, 0, 3, 4, 0], [2, 3], 'int32');
const whole = tensor([3, -1, 7, 0], [4], 'int32');
const others = tensor([2, 2, 7, -5], [4], 'int32');
const flags = tensor([1, 0, 1, 1], [4], 'bool');

type Build = (...values: Value[]) => Value;
interface Case {
  readonly given: readonly Tensor[];
  readonly build: Build;
}

const on = (build: Build, ...given: readonly Tensor[]): Case => ({ given, build });

const cases: Record<string, Case> = {
  negate: on(negate, a),
  exp: on(exp, a),
  log: on(log, positive),
  sqrt: on(sqrt, positive),
  abs: on(abs, a),
  sign: on(sign, a),
  sin: on(sin, a),
  cos: on(cos, a),
  tanh: on(tanh, a),
  sigmoid: on(sigmoid, a),
  erf: on(erf, a),
  stopGradient: on(stopGradient, a),
  'add, broadcast': on(add, a, row),
  subtract: on(subtract, a, positive),
  multiply: on(multiply, a, row),
  divide: on(divide, a, positive),
  power: on(power, positive, a),
  maximum: on(maximum, a, row),
  minimum: on(minimum, a, row),
  'int32 arithmetic': on((x, y) => subtract(multiply(x, y), maximum(x, y)), whole, others),
  'int32 sum': on((x) => sum(x), whole),
  less: on(less, a, row),
  'less, int32': on(less, whole, others),
  equal: on(equal, whole, others),
  'equal, bool': on((x) => equal(x, x), flags),
  where: on((c, x, y) => where(c, x, y), flags, a, row),
  'where, int32': on((c, x, y) => where(c, x, y), flags, whole, others),
  'cast to int32 truncates': on((x) => cast(multiply(x, 3), 'int32'), a),
  'cast from bool': on((x) => cast(x, 'float32'), flags),
  'cast to bool': on((x) => cast(x, 'bool'), whole),
  'cast to float16 rounds': on((x) => cast(cast(x, 'float16'), 'float32'), a),
  reshape: on((x) => reshape(x, [6, 4]), a),
  transpose: on((x) => transpose(x, [2, 0, 1]), a),
  broadcastTo: on((x) => broadcastTo(x, [3, 2, 4]), row),
  concat: on((x, y) => concat([x, y, x], 1), a, positive),
  slice: on((x) => slice(x, [0, 1, 1], [2, 3, 3]), a),
  pad: on((x) => pad(x, [0, 1, 0], [2, 0, 3]), a),
  'sum over the last axis': on((x) => sum(x, [-1]), a),
  'sum over outer axes': on((x) => sum(x, [0, 2], true), a),
  'sum of everything': on((x) => sum(x), a),
  max: on((x) => max(x, [1]), a),
  argMax: on((x) => argMax(x, 1), a),
  gather: on(gather, table, ids),
  scatterAdd: on((x, i) => scatterAdd(x, i, 5), noise([2, 3, 4], 6), ids),
  'scatterAdd, many rows': on((x, i) => scatterAdd(x, i, 300), noise([2, 3, 4], 6), ids),
  'matmul, shared weight': on(matmul, a, noise([4, 5], 7)),
  'matmul, batched': on(matmul, a, noise([2, 4, 5], 8)),
  conv2d: on((x, k) => conv2d(x, k, { padding: 1, stride: 2 }), map, noise([6, 8, 3, 3], 9)),
  'gradients of conv2d': on(
    (x, k) => sum(multiply(...(grad(sum(sin(conv2d(x, k, { padding: 1 }))), [k, k]) as [Value, Value]))),
    map,
    noise([6, 8, 3, 3], 9),
  ),
  'gradient of conv2d with respect to its input': on(
    (x, k) => grad(sum(sin(conv2d(x, k, { padding: 1 }))), [x])[0] as Value,
    map,
    noise([6, 8, 3, 3], 9),
  ),
  softmax: on((x) => softmax(x, 1), a),
  logSoftmax: on((x) => logSoftmax(x, -1), a),
  silu: on(silu, a),
  gelu: on(gelu, a),
  softplus: on(softplus, a),
  relu: on(relu, a),
  layerNorm: on((x, w, b) => layerNorm(x, w, b), a, row, noise([4], 10)),
  'gradient of layerNorm': on(
    (x, w, b) => grad(sum(sin(layerNorm(x, w, b))), [x])[0] as Value,
    a,
    row,
    noise([4], 10),
  ),
  groupNorm: on((x, w, b) => groupNorm(x, w, b, 4), map, noise([8], 11), noise([8], 12)),
  'gradient of groupNorm': on(
    (x, w, b) => grad(sum(sin(groupNorm(x, w, b, 4))), [w])[0] as Value,
    map,
    noise([8], 11),
    noise([8], 12),
  ),
  'biased convolution': on(
    (x, k, b) => add(conv2d(x, k), reshape(b, [1, 5, 1, 1])),
    map,
    noise([5, 8, 1, 1], 13),
    noise([5], 14),
  ),
  attention: on(
    (q, k, v) => attention(q, k, v),
    noise([2, 2, 3, 4], 15),
    noise([2, 2, 5, 4], 16),
    noise([2, 2, 5, 6], 17),
  ),
  'attention, many keys': on(
    (q, k, v) => attention(q, k, v),
    noise([2, 3, 8], 18),
    noise([2, 300, 8], 19),
    noise([2, 300, 8], 20),
  ),
  'attention, shared keys': on(
    (q, k, v) => attention(q, k, v),
    noise([2, 3, 8], 18),
    noise([300, 8], 19),
    noise([300, 8], 20),
  ),
  upsampleNearest: on((x) => upsampleNearest(x, 3), map),
  pixelUnshuffle: on((x) => pixelUnshuffle(x, 2), map),
  pixelShuffle: on((x) => pixelShuffle(x, 2), map),
};

function graphOf({ given, build }: Case): { readonly inputs: Record<string, Value>; readonly y: Value } {
  const values = given.map(({ shape, dtype }, i) => input(`x${i}`, shape, dtype));
  return { inputs: Object.fromEntries(values.map((v, i) => [`x${i}`, v])), y: build(...values) };
}

describe.each(Object.entries(cases))('%s', (_name, parts) => {
  it.each([
    ['in inference', false],
    ['in training', true],
  ])('agrees with the interpreter %s', async (_mode, training) => {
    const { inputs, y } = graphOf(parts);
    const given = Object.fromEntries(parts.given.map((x, i) => [`x${i}`, x]));
    const compiled = await backend.compile(
      { inputs, params: {}, outputs: { y }, ...(training && { updates: {} }) },
      {},
    );
    const actual = (await compiled.run(given)).y!;
    await compiled.dispose();
    const expected = interpret({ y }, given).y!;
    expect(actual.shape).toEqual(expected.shape);
    expect(actual.dtype).toBe(expected.dtype);
    const exact = expected.dtype === 'int32' || expected.dtype === 'bool';
    if (exact) expect([...actual.data]).toEqual([...expected.data]);
    else expect(worst(actual.data, expected.data)).toBeLessThan(2e-6);
  });
});

it('covers every op', () => {
  const built = Object.values(cases).flatMap((parts) => topological([graphOf(parts).y]));
  const names = new Set(built.map((value) => value.op.name));
  const missing = [...Object.keys(primitives), ...Object.keys(composites)].filter((name) => !names.has(name));
  expect(missing).toEqual([]);
});
