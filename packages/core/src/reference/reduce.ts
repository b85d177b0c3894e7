// Kernels of reductions.

import type { ArgMaxAttrs, ReduceAttrs } from '../graph/reduce.js';
import { sizeOf, stridesOf } from '../graph/tensor.js';
import { type Dense, type Kernel, type Kernels, positions } from './dense.js';

/** For each element of `x`, the element of the reduced result that it goes into. */
function targets(x: Dense, { axes }: ReduceAttrs): Int32Array {
  const strides = stridesOf(x.shape.map((n, i) => (axes.includes(i) ? 1 : n)));
  return positions(
    x.shape,
    strides.map((step, i) => (axes.includes(i) ? 0 : step)),
  );
}

const sum: Kernel = ([x], out, attrs) => {
  const at = targets(x, attrs as unknown as ReduceAttrs);
  // Summed at double precision, rounded once.
  const totals = new Float64Array(out.data.length);
  for (let i = 0; i < at.length; i++) totals[at[i]] += x.data[i];
  out.data.set(totals);
};

const max: Kernel = ([x], out, attrs) => {
  const at = targets(x, attrs as unknown as ReduceAttrs);
  const best = new Float64Array(out.data.length).fill(Number.NEGATIVE_INFINITY);
  for (let i = 0; i < at.length; i++) best[at[i]] = Math.max(best[at[i]], x.data[i]);
  out.data.set(best);
};

const argMax: Kernel = ([x], out, attrs) => {
  const { axis } = attrs as unknown as ArgMaxAttrs;
  const inner = sizeOf(x.shape.slice(axis + 1));
  const length = x.shape[axis];
  for (let i = 0; i < out.data.length; i++) {
    const start = Math.floor(i / inner) * inner * length + (i % inner);
    for (let k = 1; k < length; k++) {
      if (x.data[start + k * inner] > x.data[start + out.data[i] * inner]) out.data[i] = k;
    }
  }
};

export const reduceKernels: Kernels = { sum, max, argMax };
