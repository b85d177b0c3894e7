// Matrix products, and convolutions of maps whose channels come last.

import { type Shape, sizeOf, type Value } from '@spatiallock/core';
import { attrsOf, type ConvAttrs } from '@spatiallock/core/backend';
import type { TensorInfo } from '@tensorflow/tfjs-core';
import { broadcaster } from './broadcast.js';
import type { Lowering, LoweringTable, Setup } from './lowering.js';

/** A weight for all rows makes one long product; else the kernel takes one matrix, or equally many, on each side. */
const matmul: Lowering = (value, setup) => {
  const [reshape, product] = [setup.kernel('Reshape'), setup.kernel('BatchMatMul')];
  const [a, b] = value.inputs as [Value, Value];
  const [rows, depth] = a.shape.slice(-2) as [number, number];
  const lead = value.shape.slice(0, -2);
  const weight = matrices(b) === 1 && matrices(a) === sizeOf(lead);
  const left = weight ? stacked([1, matrices(a) * rows, depth], setup) : batch(a, lead, setup);
  const right = batch(b, lead, setup);
  const shape = [...value.shape];
  return ([x, y]) => {
    const result = product({ a: left(x!), b: right(y!) }, { transposeA: false, transposeB: false });
    return reshape({ x: result }, { shape });
  };
};

type Move = (x: TensorInfo) => TensorInfo;

const matrices = (x: Value): number => sizeOf(x.shape.slice(0, -2));

function stacked(shape: readonly number[], { kernel }: Setup): Move {
  const reshape = kernel('Reshape');
  return (x) => reshape({ x }, { shape: [...shape] });
}

/** Matrices behind one batch axis: one of them, or as many as the result has. */
function batch(x: Value, lead: Shape, setup: Setup): Move {
  const sides = x.shape.slice(-2) as [number, number];
  const count = matrices(x);
  if (count === 1 || count === sizeOf(lead)) return stacked([count, ...sides], setup);
  const spread = broadcaster(x.shape, [...lead, ...sides], setup);
  const stack = stacked([sizeOf(lead), ...sides], setup);
  return (info) => stack(spread(info));
}

/** x [N, H, W, C] with kernel [KH, KW, C, O]. */
const conv2dLast: Lowering = (value, { kernel }) => {
  const call = kernel('Conv2D');
  const { stride, padding } = attrsOf<ConvAttrs>(value);
  const [top, left, bottom, right] = padding;
  const attrs = {
    strides: [...stride],
    pad: [
      [0, 0],
      [top, bottom],
      [left, right],
      [0, 0],
    ],
    dataFormat: 'NHWC',
    dilations: [1, 1],
    dimRoundingMode: 'floor',
  };
  return ([x, filter]) => call({ x: x!, filter: filter! }, attrs);
};

/** A kernel [KH, KW, ...] turned by half a turn. */
const halfTurn: Lowering = (_value, { kernel }) => {
  const call = kernel('Reverse');
  return ([x]) => call({ x: x! }, { dims: [0, 1] });
};

export const linear: LoweringTable = { matmul, conv2dLast, halfTurn };
