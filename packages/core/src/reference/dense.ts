// Numbers as the interpreter holds them while it works.

import { type DType, type Shape, sizeOf, stridesOf } from '../graph/tensor.js';
import type { Attrs } from '../graph/value.js';

/** float16 and float32 are Float32Array or, at double precision, Float64Array. */
export type Numbers = Float64Array | Float32Array | Int32Array | Uint8Array;

/** A tensor in row-major order whose floats may be kept at double precision. */
export interface Dense {
  readonly dtype: DType;
  readonly shape: Shape;
  readonly data: Numbers;
}

/** Dense tensors by name. */
export type Denses = Readonly<Record<string, Dense>>;

/** How exactly floats are kept; 'float64' is for finite differences. */
export type Precision = 'float32' | 'float64';

/** Computes one primitive into `out`, which comes filled with zeros. */
export type Kernel = (inputs: readonly Dense[], out: Dense, attrs: Attrs) => void;
export type Kernels = Readonly<Record<string, Kernel>>;

/** Zeros. */
export function zeros(dtype: DType, shape: Shape, precision: Precision = 'float32'): Dense {
  const size = sizeOf(shape);
  if (dtype === 'int32') return { dtype, shape, data: new Int32Array(size) };
  if (dtype === 'bool') return { dtype, shape, data: new Uint8Array(size) };
  return { dtype, shape, data: precision === 'float64' ? new Float64Array(size) : new Float32Array(size) };
}

/** Where each element of `shape`, in row-major order, lies in memory walked with `strides` from `offset`. */
export function positions(shape: Shape, strides: readonly number[], offset = 0): Int32Array {
  let at = Int32Array.of(offset);
  shape.forEach((n, axis) => {
    const step = strides[axis];
    const wider = new Int32Array(at.length * n);
    for (let i = 0, k = 0; i < at.length; i++) {
      for (let j = 0; j < n; j++) wider[k++] = at[i] + j * step;
    }
    at = wider;
  });
  return at;
}

/** Strides that walk a tensor of shape `from` as if it had been broadcast to `to`. */
export function broadcastStrides(from: Shape, to: Shape): number[] {
  const own = stridesOf(from);
  const lead = to.length - from.length;
  return to.map((_, i) => (i < lead || from[i - lead] === 1 ? 0 : own[i - lead]));
}

/** Where each element of shape `to` lies in a tensor of shape `from` that is broadcast. */
export function broadcastPositions(from: Shape, to: Shape): Int32Array {
  return positions(to, broadcastStrides(from, to));
}
