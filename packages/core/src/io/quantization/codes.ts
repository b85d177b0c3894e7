// Numbers as code times scale. Weights alone are kept so; what is computed stays float32.

import { type Shape, type StoredCodes, sizeOf } from '../../graph/tensor.js';
import { viewOf } from '../views.js';

export interface CodeSizes {
  readonly rows: number;
  /** Numbers of a row. */
  readonly width: number;
  /** Blocks of a row. */
  readonly blocks: number;
  /** Bytes of the codes of a row. */
  readonly bytes: number;
}

export function codeSizes(shape: Shape, { bits, block }: Pick<StoredCodes, 'bits' | 'block'>): CodeSizes {
  const rows = shape[0] ?? 1;
  const width = sizeOf(shape.slice(1));
  return { rows, width, blocks: Math.ceil(width / block), bytes: bits === 8 ? width : Math.ceil(width / 2) };
}

/** The largest code of each kind; the smallest is its negative. */
const largest = { 8: 127, 4: 7 } as const;
/** Files of other programs may use the code -128; 128 times the scale must stay within float32. */
const MOST_SCALE = 3.4e38 / 128;
/** The zero point of 4-bit codes. */
const ZERO_POINT = 8;

/**
 * Rounds each number to the nearest multiple of its block's scale, which the largest number of the block decides. Throws
 * where a number is not finite.
 */
export function encodeNumbers(
  data: Float32Array,
  shape: Shape,
  kind: Pick<StoredCodes, 'bits' | 'block'>,
): { readonly codes: Uint8Array; readonly scales: Float32Array } {
  const { rows, width, blocks, bytes } = codeSizes(shape, kind);
  const codes = new Uint8Array(rows * bytes);
  const scales = new Float32Array(rows * blocks);
  const most = largest[kind.bits];
  for (let row = 0; row < rows; row++) {
    for (let b = 0; b < blocks; b++) {
      const [from, to] = [b * kind.block, Math.min(width, (b + 1) * kind.block)];
      let size = 0;
      for (let i = from; i < to; i++) size = Math.max(size, Math.abs(data[row * width + i]!));
      if (!Number.isFinite(size)) throw new Error(`quantization: a number of row ${row} is not finite`);
      // Zeros alone have any scale; a subnormal one would be lost on devices that flush them.
      const scale = Math.fround(size / most) > 2 ** -126 ? Math.fround(size / most) : 1;
      scales[row * blocks + b] = scale;
      for (let i = from; i < to; i++) {
        const code = Math.max(-most, Math.min(most, Math.round(data[row * width + i]! / scale)));
        if (kind.bits === 8) codes[row * bytes + i] = code;
        else codes[row * bytes + (i >> 1)]! |= (code + ZERO_POINT) << (i & 1 ? 4 : 0);
      }
    }
  }
  return { codes, scales };
}

/** The numbers that codes stand for. Throws as `checkScales` does. */
export function decodeNumbers(
  name: string,
  { bits, block, codes, scales }: StoredCodes,
  shape: Shape,
): Float32Array {
  const { rows, width, blocks, bytes } = codeSizes(shape, { bits, block });
  const [kept, factors] = [codes.data, viewOf(Float32Array, scales.data)];
  checkScales(name, factors);
  const data = new Float32Array(rows * width);
  for (let row = 0; row < rows; row++) {
    for (let i = 0; i < width; i++) {
      const byte = kept[row * bytes + (bits === 8 ? i : i >> 1)]!;
      const code = bits === 8 ? (byte << 24) >> 24 : ((byte >> (i & 1 ? 4 : 0)) & 15) - ZERO_POINT;
      data[row * width + i] = code * factors[row * blocks + Math.floor(i / block)]!;
    }
  }
  return data;
}

/** Throws, beginning with `name`, where a scale is not above 0, or gives numbers that are not finite. */
export function checkScales(name: string, scales: Float32Array): void {
  const bad = scales.find((scale) => !(scale > 0 && scale <= MOST_SCALE));
  if (bad === undefined) return;
  throw new Error(`${name}: a scale is ${bad}; scales must be above 0, and no number beyond float32`);
}
