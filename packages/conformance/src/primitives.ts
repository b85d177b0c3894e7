// What each primitive is tried on.

import type { Shape, Tensor } from '@spatiallock/core';
import { conv2dInputGradientOp, conv2dKernelGradientOp, node, type Op } from '@spatiallock/core/backend';
import * as g from '@spatiallock/core/graph';
import { type Build, between, normal, type Specimen, specimen } from './specimen.js';

const indices = g.tensor([2, 0, 2, 1], [2, 2], 'int32');
const indices3 = g.tensor(
  Array.from({ length: 1200 }, (_, i) => (i * 7) % 11),
  [5, 10, 24],
  'int32',
);
const flags = g.tensor([1, 0, 0, 1, 1, 0], [2, 3], 'bool');
const whole = g.tensor([3, -1, 7, 0], [4], 'int32');
const others = g.tensor([2, 2, 7, -5], [4], 'int32');

/** The largest number stands in many places of long rows, as padding does behind the end of a text. */
const manyEquals = g.tensor(
  Array.from({ length: 400 }, (_, i) => Math.min(i % 200, 150)),
  [2, 200],
  'int32',
);

const unary = (build: Build, x: Tensor = normal([2, 3, 4])): Specimen[] => [
  specimen('every number', [x], build),
  specimen('a scalar', [g.tensor([x.data[0]!], [])], build),
];

const shapes: readonly (readonly [string, Shape, Shape])[] = [
  ['equal shapes', [2, 3], [2, 3]],
  ['a broadcast right side', [2, 3], [3]],
  ['a broadcast left side', [], [2, 2]],
  ['both sides broadcast', [2, 1, 3], [4, 1]],
  ['one number a channel', [2, 3, 2, 4], [3, 1, 1]],
];

function binary(build: Build, low = -2, high = 2): Specimen[] {
  return shapes.map(([title, a, b]) =>
    specimen(title, [between(low, high, a, 1), between(low, high, b, 2)], build),
  );
}

const ofInts = (build: Build): Specimen => specimen('int32', [whole, others], build);

interface Convolution {
  readonly title: string;
  readonly x: Shape;
  readonly kernel: Shape;
  readonly options: g.ConvOptions;
}

const convolutions: readonly Convolution[] = [
  { title: '1x1', x: [2, 3, 3, 2], kernel: [2, 3, 1, 1], options: {} },
  { title: '3x3, padded', x: [2, 3, 4, 5], kernel: [4, 3, 3, 3], options: { padding: 1 } },
  { title: 'stride 2', x: [1, 2, 5, 6], kernel: [2, 2, 3, 3], options: { stride: 2, padding: 1 } },
  {
    title: 'stride 2, padded on one side',
    x: [1, 2, 4, 4],
    kernel: [2, 2, 3, 3],
    options: { stride: 2, padding: [0, 0, 1, 1] },
  },
  { title: 'stride 3, rows left unseen', x: [1, 1, 6, 7], kernel: [2, 1, 2, 2], options: { stride: 3 } },
  { title: 'more padding than kernel', x: [1, 2, 3, 3], kernel: [3, 2, 2, 2], options: { padding: 3 } },
  { title: 'groups', x: [2, 4, 3, 3], kernel: [6, 2, 2, 3], options: { padding: 1, groups: 2 } },
  { title: 'depthwise', x: [1, 3, 4, 4], kernel: [3, 1, 3, 3], options: { padding: 1, groups: 3 } },
];

const conv2d = convolutions.map(({ title, x, kernel, options }) =>
  specimen(title, [normal(x, 3), normal(kernel, 4)], (a, b) => g.conv2d(a!, b!, options)),
);

/** The same convolutions with one of their gradients as the op. */
function convolutionGradient(op: Op, which: 'input' | 'kernel'): Specimen[] {
  return convolutions.map(({ title, x, kernel, options }) => {
    const y = g.conv2d(g.input('x', x), g.input('kernel', kernel), options);
    const given =
      which === 'input' ? [normal(y.shape, 5), normal(kernel, 6)] : [normal(x, 5), normal(y.shape, 6)];
    const shape = which === 'input' ? x : kernel;
    return specimen(title, given, (a, b) => node(op, [a!, b!], { ...y.attrs, shape }));
  });
}

const products: readonly (readonly [string, Shape, Shape])[] = [
  ['two matrices', [2, 3], [3, 4]],
  ['a shared weight', [2, 3, 2], [2, 4]],
  ['a shared weight over two axes', [2, 2, 3, 2], [2, 2]],
  ['two batches', [2, 3, 2], [2, 2, 3]],
  ['one matrix with a batch', [3, 2], [2, 2, 3]],
  ['batches that broadcast', [2, 1, 2, 2], [3, 2, 3]],
];

const some = normal([2, 3, 4], 7);
const map = normal([2, 3, 4, 5], 8);

/** By the name of the primitive. */
export const primitiveSpecimens: Readonly<Record<string, readonly Specimen[]>> = {
  negate: unary(g.negate),
  exp: unary(g.exp),
  log: unary(g.log, between(0.3, 3, [2, 3])),
  sqrt: unary(g.sqrt, between(0.3, 3, [2, 3])),
  abs: unary(g.abs),
  sign: unary(g.sign),
  sin: unary(g.sin),
  cos: unary(g.cos),
  tanh: unary(g.tanh),
  sigmoid: unary(g.sigmoid),
  erf: unary(g.erf),
  stopGradient: unary(g.stopGradient),
  add: [...binary(g.add), ofInts(g.add)],
  subtract: [...binary(g.subtract), ofInts(g.subtract)],
  multiply: [...binary(g.multiply), ofInts(g.multiply)],
  divide: binary(g.divide, 0.3, 2),
  power: [
    ...binary(g.power, 0.3, 2),
    specimen('of negative numbers', [between(-2, -0.5, [5])], (x) => g.power(x!, g.scalar(3))),
  ],
  maximum: [...binary(g.maximum), ofInts(g.maximum)],
  minimum: [...binary(g.minimum), ofInts(g.minimum)],
  less: [...binary(g.less), ofInts(g.less)],
  equal: [ofInts(g.equal), specimen('bool', [flags, g.tensor([1, 0, 1], [3], 'bool')], g.equal)],
  where: [
    specimen('all sides full', [flags, normal([2, 3], 1), normal([2, 3], 2)], g.where),
    specimen('broadcast sides', [flags, normal([3], 1), normal([], 2)], g.where),
    specimen('a broadcast condition', [flags, normal([4, 2, 3], 1), normal([1, 3], 2)], g.where),
    specimen('int32', [g.tensor([1, 0, 1, 1], [4], 'bool'), whole, others], g.where),
  ],
  cast: [
    specimen('to int32 truncates', [normal([20])], (x) => g.cast(g.multiply(x!, 5), 'int32')),
    specimen('bool to float32', [flags], (x) => g.cast(x!, 'float32')),
    specimen('int32 to float32', [whole], (x) => g.cast(x!, 'float32')),
    specimen('int32 to bool', [g.tensor([0, 256, -1], [3], 'int32')], (x) => g.cast(x!, 'bool')),
    specimen('float32 to bool', [g.tensor([0, 0.25, -3], [3])], (x) => g.cast(x!, 'bool')),
    specimen('to float16', [normal([50])], (x) => g.cast(x!, 'float16')),
    specimen('rounds to float16 and back', [g.tensor([1 / 3, 1e-6, -65504, 0], [4])], (x) =>
      g.cast(g.cast(x!, 'float16'), 'float32'),
    ),
  ],
  reshape: [
    specimen('three axes to two', [some], (x) => g.reshape(x!, [6, -1])),
    specimen('a map to rows', [map], (x) => g.reshape(x!, [2, 3, 20])),
  ],
  transpose: [
    specimen('int32', [indices3], (x) => g.transpose(x!, [2, 0, 1])),
    specimen('bool', [indices3], (x) =>
      g.transpose(g.less(x!, g.constant(g.tensor([5], [1], 'int32'))), [2, 1, 0]),
    ),
    specimen('three axes', [some], (x) => g.transpose(x!, [2, 0, 1])),
    specimen('pixels as tokens', [map], (x) => g.transpose(g.reshape(x!, [2, 3, 20]), [0, 2, 1])),
    specimen('six axes', [normal([2, 1, 2, 3, 2, 2])], (x) => g.transpose(x!, [0, 1, 3, 5, 2, 4])),
  ],
  broadcastTo: [
    specimen('adds and repeats axes', [normal([3, 1])], (x) => g.broadcastTo(x!, [2, 3, 4])),
    specimen('a scalar', [normal([])], (x) => g.broadcastTo(x!, [2, 2])),
    specimen('one number a channel', [normal([1, 3, 1, 1])], (x) => g.broadcastTo(x!, [2, 3, 4, 5])),
  ],
  concat: [
    specimen('unequal parts', [normal([2, 1, 2]), normal([2, 3, 2])], (a, b) => g.concat([a!, b!, a!], 1)),
    specimen('channels', [map, normal([2, 2, 4, 5], 9)], (a, b) => g.concat([a!, b!], 1)),
  ],
  slice: [
    specimen('inside', [normal([4, 3])], (x) => g.slice(x!, [1, 0], [3, 2])),
    specimen('of a map', [map], (x) => g.slice(x!, [0, 1, 1, 2], [2, 3, 3, 5])),
  ],
  pad: [
    specimen('unevenly', [normal([2, 3])], (x) => g.pad(x!, [1, 0], [0, 2])),
    specimen('a map', [map], (x) => g.pad(x!, [0, 1, 2, 0], [1, 0, 0, 3])),
  ],
  sum: [
    specimen('over all axes', [some], (x) => g.sum(x!)),
    specimen('over a middle axis', [some], (x) => g.sum(x!, [1])),
    specimen('over the first two axes', [some], (x) => g.sum(x!, [0, 1])),
    specimen('keeping axes', [some], (x) => g.sum(x!, [-1, 0], true)),
    specimen('int32', [g.tensor([1, 2, 3, 4], [2, 2], 'int32')], (x) => g.sum(x!, [0])),
  ],
  max: [
    specimen('over all axes', [some], (x) => g.max(x!)),
    specimen('over a middle axis', [some], (x) => g.max(x!, [1])),
    specimen('keeping axes', [some], (x) => g.max(x!, [0, 2], true)),
  ],
  argMax: [
    specimen('a middle axis', [some], (x) => g.argMax(x!, 1)),
    specimen('the last axis', [some], (x) => g.argMax(x!, 2)),
    specimen('the first of many equals, int32', [manyEquals], (x) => g.argMax(x!, 1)),
    specimen('the first of equals', [g.tensor([1, 2, 2, 0, 2, 2], [2, 3])], (x) => g.argMax(x!, 1)),
  ],
  gather: [
    specimen('vectors', [normal([3, 2]), indices], g.gather),
    specimen('numbers', [normal([4]), indices], g.gather),
    specimen('maps, by one number', [normal([3, 2, 2]), g.tensor([1], [], 'int32')], g.gather),
  ],
  scatterAdd: [
    specimen('rows', [normal([2, 2, 3]), indices], (x, at) => g.scatterAdd(x!, at!, 4)),
    specimen('numbers', [normal([2, 2]), indices], (x, at) => g.scatterAdd(x!, at!, 3)),
  ],
  matmul: products.map(([title, a, b]) => specimen(title, [normal(a, 9), normal(b, 10)], g.matmul as Build)),
  conv2d,
  conv2dInputGradient: convolutionGradient(conv2dInputGradientOp, 'input'),
  conv2dKernelGradient: convolutionGradient(conv2dKernelGradientOp, 'kernel'),
};
