// float16 as raw bits.

const word = new DataView(new ArrayBuffer(4));

/** The number that the sixteen bits stand for. */
export function fromHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1024 + fraction) * 2 ** (exponent - 25);
}

/** The sixteen bits nearest to a float32 number, ties to even; too large becomes infinity. */
export function toHalf(x: number): number {
  word.setFloat32(0, x);
  const sign = (word.getUint32(0) >>> 16) & 0x8000;
  const size = Math.abs(Math.fround(x));
  if (Number.isNaN(size)) return 0x7e00;
  // 65520 lies half-way between the largest half and the next power of two.
  if (size >= 65520) return sign | 0x7c00;
  if (size < 2 ** -14) return sign | roundEven(size * 2 ** 24);
  const exponent = ((word.getUint32(0) >>> 23) & 0xff) - 127;
  return sign | (((exponent + 14) << 10) + roundEven(size * 2 ** (10 - exponent)));
}

function roundEven(x: number): number {
  const floor = Math.floor(x);
  const rest = x - floor;
  return rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor;
}
