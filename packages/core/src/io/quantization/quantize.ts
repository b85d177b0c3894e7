// Which tensors of a model are kept in a few bits.

import { type StoredCodes, sizeOf, type Tensor } from '../../graph/tensor.js';
import type { CodedEntry } from './metadata.js';

/** How weights are kept: 8 bits with a scale for each output channel, or 4 bits with one for each block of a row. */
export type QuantizedDType = 'int8' | 'int4';

/** All of them, for flags and checks. */
export const quantizedDTypes = ['int8', 'int4'] as const satisfies readonly QuantizedDType[];

/** Numbers that share a scale in 4 bits. */
const BLOCK = 32;
/** Smaller tensors, and those with shorter rows, stay as they are: they cost nothing, and norms are sensitive. */
const SMALLEST = 1024;

/** How a tensor is kept; undefined: as it is. Biases and norms stay, and kernels of too few numbers. */
export function quantizedAs(
  { dtype, shape }: Pick<Tensor, 'dtype' | 'shape'>,
  to: QuantizedDType,
): CodedEntry | undefined {
  const width = sizeOf(shape.slice(1));
  const isWeight = (dtype === 'float32' || dtype === 'float16') && shape.length >= 2;
  if (!isWeight || width < BLOCK || sizeOf(shape) < SMALLEST) return undefined;
  const kind: Pick<StoredCodes, 'bits' | 'block'> =
    to === 'int8' ? { bits: 8, block: width } : { bits: 4, block: BLOCK };
  return { ...kind, shape };
}
