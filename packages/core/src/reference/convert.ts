// Between tensors as callers hold them and numbers as the interpreter does.

import type { Tensor } from '../graph/tensor.js';
import { float16ToFloat32, float32ToFloat16 } from '../io/float16.js';
import type { Dense, Numbers, Precision } from './dense.js';

/** float16 becomes plain numbers, and floats take the precision asked for; otherwise memory is shared. */
export function toDense({ dtype, shape, data }: Tensor, precision: Precision): Dense {
  const numbers = data instanceof Uint16Array ? float16ToFloat32(data) : data;
  const widen = precision === 'float64' && numbers instanceof Float32Array;
  return { dtype, shape, data: widen ? Float64Array.from(numbers) : numbers };
}

/** A copy that the interpreter will not touch again. */
export function toTensor({ dtype, shape, data }: Dense): Tensor {
  if (dtype === 'int32') return { dtype, shape, data: Int32Array.from(data) };
  if (dtype === 'bool') return { dtype, shape, data: Uint8Array.from(data) };
  return { dtype, shape, data: dtype === 'float16' ? halves(data) : Float32Array.from(data) };
}

/** Rounds what is float16 to what sixteen bits can hold. */
export function roundHalves({ dtype, data }: Dense): void {
  if (dtype === 'float16') data.set(float16ToFloat32(halves(data)));
}

function halves(data: Numbers): Uint16Array {
  return float32ToFloat16(Float32Array.from(data));
}
