// Kernels of primitives that move numbers.

import type { ConcatAttrs, PadAttrs, SliceAttrs, TransposeAttrs } from '../graph/layout.js';
import { sizeOf, stridesOf } from '../graph/tensor.js';
import { broadcastPositions, type Dense, type Kernel, type Kernels, positions } from './dense.js';

const reshape: Kernel = ([x], out) => out.data.set(x.data);

const transpose: Kernel = ([x], out, attrs) => {
  const { perm } = attrs as unknown as TransposeAttrs;
  const strides = stridesOf(x.shape);
  pick(
    x,
    out,
    positions(
      out.shape,
      perm.map((axis) => strides[axis]),
    ),
  );
};

const broadcastTo: Kernel = ([x], out) => pick(x, out, broadcastPositions(x.shape, out.shape));

const slice: Kernel = ([x], out, attrs) => {
  const { starts } = attrs as unknown as SliceAttrs;
  const strides = stridesOf(x.shape);
  pick(x, out, positions(out.shape, strides, dot(starts, strides)));
};

const pad: Kernel = ([x], out, attrs) => {
  const { before } = attrs as unknown as PadAttrs;
  const strides = stridesOf(out.shape);
  const at = positions(x.shape, strides, dot(before, strides));
  for (let i = 0; i < at.length; i++) out.data[at[i]] = x.data[i];
};

const concat: Kernel = (inputs, out, attrs) => {
  const { axis } = attrs as unknown as ConcatAttrs;
  const row = sizeOf(out.shape.slice(axis));
  let start = 0;
  for (const x of inputs) {
    const length = sizeOf(x.shape.slice(axis));
    for (let from = 0, to = start; from < x.data.length; from += length, to += row) {
      out.data.set(x.data.subarray(from, from + length), to);
    }
    start += length;
  }
};

function pick(x: Dense, out: Dense, at: Int32Array): void {
  for (let i = 0; i < at.length; i++) out.data[i] = x.data[at[i]];
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((total, n, i) => total + n * b[i], 0);
}

export const layoutKernels: Kernels = { reshape, transpose, broadcastTo, slice, pad, concat };
