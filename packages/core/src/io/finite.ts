// Numbers that are none are found where they come in, under the name of what they are in.

import type { Tensor, TensorData } from '../graph/tensor.js';

const HALF_EXPONENT = 0x7c00;
const FLOAT_EXPONENT = 0x7f800000;

/** Whether no number is NaN or infinite; whole numbers never are. float16 is given as its bits. */
export function isFiniteData(data: TensorData): boolean {
  if (data instanceof Float32Array) {
    const bits = new Uint32Array(data.buffer, data.byteOffset, data.length);
    for (let i = 0; i < bits.length; i++) {
      if ((bits[i]! & FLOAT_EXPONENT) === FLOAT_EXPONENT) return false;
    }
  } else if (data instanceof Uint16Array) {
    for (let i = 0; i < data.length; i++) {
      if ((data[i]! & HALF_EXPONENT) === HALF_EXPONENT) return false;
    }
  }
  return true;
}

/** The tensor; throws an error that names it where it holds NaN or an infinity. */
export function checkFinite<T extends Pick<Tensor, 'data'>>(name: string, tensor: T): T {
  if (isFiniteData(tensor.data)) return tensor;
  throw new Error(
    `${name} holds NaN, an infinity or a number too large for float32; the file is damaged, or its training diverged`,
  );
}
