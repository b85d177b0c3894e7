// Numbers that are none are found where they come in, under the name of what they are in.

import type { StoredHalves, Tensor, TensorData } from '../graph/tensor.js';

const HALF_EXPONENT = 0x7c00;
/** bfloat16 has float32's exponent. */
const BFLOAT_EXPONENT = 0x7f80;
const FLOAT_EXPONENT = 0x7f800000;

/** Whether no number is NaN or infinite; whole numbers never are. Halves are given as their bits, float16's by default. */
export function isFiniteData(data: TensorData, half: StoredHalves['dtype'] = 'float16'): boolean {
  if (data instanceof Float32Array) {
    const bits = new Uint32Array(data.buffer, data.byteOffset, data.length);
    for (let i = 0; i < bits.length; i++) {
      if ((bits[i]! & FLOAT_EXPONENT) === FLOAT_EXPONENT) return false;
    }
  } else if (data instanceof Uint16Array) {
    const exponent = half === 'float16' ? HALF_EXPONENT : BFLOAT_EXPONENT;
    for (let i = 0; i < data.length; i++) {
      if ((data[i]! & exponent) === exponent) return false;
    }
  }
  return true;
}

/** The tensor; throws an error that names it where it holds NaN or an infinity. */
export function checkFinite<T extends Pick<Tensor, 'data' | 'stored'>>(name: string, tensor: T): T {
  const { stored } = tensor;
  if (stored ? isFiniteData(stored.data, stored.dtype) : isFiniteData(tensor.data)) return tensor;
  throw new Error(
    `${name} holds NaN, an infinity or a number too large for float32; the file is damaged, or its training diverged`,
  );
}
