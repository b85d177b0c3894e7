// Conversions between float32 and the two 16-bit formats, on bits.

import { checkVector } from '../checks/index.js';

/** IEEE half precision bits of the numbers, rounded to nearest even; too large becomes infinity. */
export function float32ToFloat16(values: Float32Array): Uint16Array {
  checkVector(values, 'values');
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const result = new Uint16Array(values.length);
  for (let i = 0; i < bits.length; i++) {
    const x = bits[i] as number;
    const sign = (x >>> 16) & 0x8000;
    const magnitude = x & 0x7fffffff;
    if (magnitude >= 0x47800000) {
      result[i] = sign | (magnitude > 0x7f800000 ? 0x7e00 : 0x7c00);
    } else if (magnitude < 0x38800000) {
      result[i] = sign | subnormal(Math.abs(values[i] as number));
    } else {
      // Rebias the exponent from 127 to 15 and add just under half a unit, a little more where the result is
      // odd.
      result[i] = sign | ((magnitude - 0x38000000 + 0xfff + ((magnitude >>> 13) & 1)) >>> 13);
    }
  }
  return result;
}

/** Multiples of 2^-24 below 2^-14; 2^-14 itself carries into the exponent as it should. */
function subnormal(magnitude: number): number {
  const scaled = magnitude * 2 ** 24;
  const low = Math.floor(scaled);
  const rest = scaled - low;
  return rest > 0.5 || (rest === 0.5 && low % 2 === 1) ? low + 1 : low;
}

/** The numbers that IEEE half precision bits stand for; exact. */
export function float16ToFloat32(bits: Uint16Array): Float32Array {
  checkVector(bits, 'bits');
  const result = new Float32Array(bits.length);
  const words = new Uint32Array(result.buffer);
  for (let i = 0; i < bits.length; i++) {
    const half = bits[i] as number;
    const sign = (half & 0x8000) << 16;
    const magnitude = half & 0x7fff;
    if (magnitude >= 0x7c00) {
      words[i] = sign | 0x7f800000 | ((magnitude & 0x3ff) << 13);
    } else if (magnitude >= 0x400) {
      words[i] = sign | ((magnitude << 13) + 0x38000000);
    } else {
      result[i] = (sign === 0 ? magnitude : -magnitude) * 2 ** -24;
    }
  }
  return result;
}

/** The numbers that bfloat16 bits stand for; exact. */
export function bfloat16ToFloat32(bits: Uint16Array): Float32Array {
  checkVector(bits, 'bits');
  const words = Uint32Array.from(bits, (x) => x << 16);
  return new Float32Array(words.buffer);
}
