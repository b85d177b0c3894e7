// Between tensors as callers hold them and numbers as the interpreter does.

import type { Tensor } from '../graph/tensor.js';
import { type Dense, type Precision, zeros } from './dense.js';
import { fromHalf, toHalf } from './half.js';

/** float16 becomes plain numbers, and floats take the precision asked for; otherwise memory is shared. */
export function toDense({ dtype, shape, data }: Tensor, precision: Precision): Dense {
  if (dtype === 'float16') {
    const dense = zeros(dtype, shape, precision);
    for (let i = 0; i < data.length; i++) dense.data[i] = fromHalf(data[i]);
    return dense;
  }
  if (precision === 'float32' || dtype !== 'float32') return { dtype, shape, data: data as Dense['data'] };
  return { dtype, shape, data: Float64Array.from(data) };
}

/** A copy that the interpreter will not touch again. */
export function toTensor({ dtype, shape, data }: Dense): Tensor {
  if (dtype === 'int32') return { dtype, shape, data: Int32Array.from(data) };
  if (dtype === 'bool') return { dtype, shape, data: Uint8Array.from(data) };
  if (dtype === 'float16') return { dtype, shape, data: Uint16Array.from(data, toHalf) };
  return { dtype, shape, data: Float32Array.from(data) };
}

/** Rounds what is float16 to what sixteen bits can hold. */
export function roundHalves({ dtype, data }: Dense): void {
  if (dtype !== 'float16') return;
  for (let i = 0; i < data.length; i++) data[i] = fromHalf(toHalf(data[i]));
}
