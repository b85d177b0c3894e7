// Colours as OpenCV has them for pictures of bytes.

/** Hue in half degrees 0..179, saturation and value in 0..255. */
export type Hsv = readonly [hue: number, saturation: number, value: number];

const SHIFT = 12;
const HALF = 1 << (SHIFT - 1);

/** cvRound: halves to the even number. */
function nearestEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}

const table = (numerator: number): Int32Array =>
  Int32Array.from({ length: 256 }, (_, i) => (i === 0 ? 0 : nearestEven(numerator / i)));

const saturations = table(255 * 2 ** SHIFT);
const hues = table((180 * 2 ** SHIFT) / 6);

/**
 * RGB bytes to HSV, to the last bit as OpenCV's `cvtColor` of 8-bit pictures: its arithmetic is in integers, with tables of
 * 12 fractional bits (modules/imgproc/src/color_hsv.simd.hpp, RGB2HSV_b).
 */
export function rgbToHsv(red: number, green: number, blue: number): Hsv {
  const value = Math.max(red, green, blue);
  const range = value - Math.min(red, green, blue);
  const saturation = (range * saturations[value]! + HALF) >> SHIFT;
  const sixth =
    value === red ? green - blue : value === green ? blue - red + 2 * range : red - green + 4 * range;
  const hue = (sixth * hues[range]! + HALF) >> SHIFT;
  return [hue < 0 ? hue + 180 : hue, saturation, value];
}
