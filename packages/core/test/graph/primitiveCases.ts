// What each differentiable primitive is checked on.

import * as g from '../../src/graph/index.js';
import type { Case } from './support.js';

const positive = [0.3, 2] as const;
const indices = g.constant(g.tensor([2, 0, 2, 1], [2, 2], 'int32'));
const condition = g.constant(g.tensor([1, 0, 0, 1, 1, 0], [2, 3], 'bool'));

function unary(build: (x: g.Value) => g.Value, range?: readonly [number, number]): Case[] {
  return [{ title: 'of every number', shapes: [[2, 3]], range, build }];
}

function binary(build: (a: g.Value, b: g.Value) => g.Value, range?: readonly [number, number]): Case[] {
  return [
    {
      title: 'of equal shapes',
      shapes: [
        [2, 3],
        [2, 3],
      ],
      range,
      build,
    },
    { title: 'with a broadcast right side', shapes: [[2, 3], [3]], range, build },
    { title: 'with a broadcast left side', shapes: [[], [2, 2]], range, build },
    {
      title: 'with both sides broadcast',
      shapes: [
        [2, 1, 3],
        [4, 1],
      ],
      range,
      build,
    },
    { title: 'of one value twice', shapes: [[2, 3]], range, build: (x) => build(x, g.multiply(x, x)) },
  ];
}

const convolution = (title: string, x: g.Shape, kernel: g.Shape, options: g.ConvOptions): Case => ({
  title,
  shapes: [x, kernel],
  build: (a, b) => g.conv2d(a, b, options),
});

const convolutions = [
  convolution('1x1', [2, 3, 3, 2], [2, 3, 1, 1], {}),
  convolution('3x3, padded', [2, 2, 4, 3], [3, 2, 3, 3], { padding: 1 }),
  convolution('stride 2', [1, 2, 5, 6], [2, 2, 3, 3], { stride: 2, padding: 1 }),
  convolution('stride 2, padded on one side', [1, 2, 4, 4], [2, 2, 3, 3], {
    stride: 2,
    padding: [0, 0, 1, 1],
  }),
  convolution('stride 3, with rows that no window reaches', [1, 1, 6, 7], [2, 1, 2, 2], { stride: 3 }),
  convolution('groups', [2, 4, 3, 3], [6, 2, 2, 3], { padding: 1, groups: 2 }),
  convolution('depthwise', [1, 3, 4, 4], [3, 1, 3, 3], { padding: 1, groups: 3 }),
];

/** The same convolutions with one of their gradients taken as the op under test. */
function convolutionGradient(op: g.Op, which: 0 | 1): Case[] {
  return convolutions.map(({ title, shapes: [x, kernel], build }) => {
    const y = build(g.input('x', x), g.input('kernel', kernel));
    const other = which === 0 ? kernel : x;
    return {
      title,
      shapes: which === 0 ? [y.shape, other] : [other, y.shape],
      build: (a: g.Value, b: g.Value) => g.node(op, [a, b], { ...y.attrs, shape: which === 0 ? x : kernel }),
    };
  });
}

export const primitiveCases: Readonly<Record<string, readonly Case[]>> = {
  negate: unary(g.negate),
  exp: unary(g.exp),
  log: unary(g.log, positive),
  sqrt: unary(g.sqrt, positive),
  abs: unary(g.abs),
  sin: unary(g.sin),
  cos: unary(g.cos),
  tanh: unary(g.tanh),
  sigmoid: unary(g.sigmoid),
  erf: unary(g.erf),
  add: binary(g.add),
  subtract: binary(g.subtract),
  multiply: binary(g.multiply),
  divide: binary(g.divide, positive),
  power: [
    ...binary(g.power, positive),
    { title: 'of negative numbers', shapes: [[4]], range: [-2, -0.5], build: (x) => g.power(x, 3) },
  ],
  maximum: binary(g.maximum),
  minimum: binary(g.minimum),
  where: binary((a, b) => g.where(condition, broadcast(a), broadcast(b)))
    .slice(0, 1)
    .concat([
      { title: 'broadcasts its sides', shapes: [[3], []], build: (a, b) => g.where(condition, a, b) },
      {
        title: 'broadcasts its condition',
        shapes: [
          [4, 2, 3],
          [1, 3],
        ],
        build: (a, b) => g.where(condition, a, b),
      },
    ]),
  cast: unary((x) => g.cast(g.cast(x, 'float16'), 'float32')),
  reshape: unary((x) => g.reshape(x, [3, -1])),
  transpose: [{ title: 'of three axes', shapes: [[2, 3, 4]], build: (x) => g.transpose(x, [2, 0, 1]) }],
  broadcastTo: [
    { title: 'adds and repeats axes', shapes: [[3, 1]], build: (x) => g.broadcastTo(x, [2, 3, 4]) },
    { title: 'of a scalar', shapes: [[]], build: (x) => g.broadcastTo(x, [2, 2]) },
  ],
  concat: [
    {
      title: 'of unequal parts',
      shapes: [
        [2, 1, 2],
        [2, 3, 2],
      ],
      build: (a, b) => g.concat([a, b, a], 1),
    },
  ],
  slice: [{ title: 'inside', shapes: [[4, 3]], build: (x) => g.slice(x, [1, 0], [3, 2]) }],
  pad: [{ title: 'unevenly', shapes: [[2, 3]], build: (x) => g.pad(x, [1, 0], [0, 2]) }],
  sum: [
    { title: 'over all axes', shapes: [[2, 3]], build: (x) => g.sum(x) },
    { title: 'over a middle axis', shapes: [[2, 3, 2]], build: (x) => g.sum(x, [1]) },
    { title: 'keeping axes', shapes: [[2, 3, 2]], build: (x) => g.sum(x, [-1, 0], true) },
  ],
  max: [
    { title: 'over all axes', shapes: [[2, 3]], build: (x) => g.max(x) },
    { title: 'over a middle axis', shapes: [[2, 3, 2]], build: (x) => g.max(x, [1]) },
    { title: 'keeping axes', shapes: [[2, 3, 2]], build: (x) => g.max(x, [0, 2], true) },
  ],
  gather: [
    { title: 'of vectors', shapes: [[3, 2]], build: (table) => g.gather(table, indices) },
    { title: 'of numbers', shapes: [[4]], build: (table) => g.gather(table, indices) },
  ],
  scatterAdd: [{ title: 'rows', shapes: [[2, 2, 3]], build: (x) => g.scatterAdd(x, indices, 4) }],
  matmul: [
    {
      title: 'of matrices',
      shapes: [
        [2, 3],
        [3, 4],
      ],
      build: g.matmul,
    },
    {
      title: 'with a shared weight',
      shapes: [
        [2, 3, 2],
        [2, 4],
      ],
      build: g.matmul,
    },
    {
      title: 'with a shared weight over two axes',
      shapes: [
        [2, 2, 3, 2],
        [2, 2],
      ],
      build: g.matmul,
    },
    {
      title: 'of two batches',
      shapes: [
        [2, 3, 2],
        [2, 2, 3],
      ],
      build: g.matmul,
    },
    {
      title: 'of one matrix with a batch',
      shapes: [
        [3, 2],
        [2, 2, 3],
      ],
      build: g.matmul,
    },
    {
      title: 'of batches that broadcast',
      shapes: [
        [2, 1, 2, 2],
        [3, 2, 3],
      ],
      build: g.matmul,
    },
    { title: 'of a value with itself', shapes: [[2, 3]], build: (x) => g.matmul(x, g.swapLast(x)) },
  ],
  conv2d: convolutions,
  conv2dInputGradient: convolutionGradient(g.conv2dInputGradientOp, 0),
  conv2dKernelGradient: convolutionGradient(g.conv2dKernelGradientOp, 1),
};

function broadcast(x: g.Value): g.Value {
  return g.broadcastTo(x, [2, 3]);
}

/** Ops through which no gradient passes. */
export const withoutGradient: Readonly<Record<string, (x: g.Value) => g.Value>> = {
  sign: g.sign,
  stopGradient: g.stopGradient,
  less: (x) => g.cast(g.less(x, 0), 'float32'),
  equal: (x) => g.cast(g.equal(x, 0), 'float32'),
  argMax: (x) => g.cast(g.argMax(x, 0), 'float32'),
};
