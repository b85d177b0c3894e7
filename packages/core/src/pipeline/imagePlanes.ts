// Brings a picture to the size and numbers that a network reads.

import { checkObject, checkWhole, showValue } from '../checks/index.js';
import type { RgbImage } from './image.js';

/** Width and height, in pixels. */
export interface Sides {
  readonly width: number;
  readonly height: number;
}

const SIDE = { min: 1, max: Number.MAX_SAFE_INTEGER };

/** A rectangle of whole pixels. */
export interface Rectangle extends Sides {
  readonly left: number;
  readonly top: number;
}

interface Taps {
  readonly first: number;
  readonly weights: readonly number[];
}

/** Where the pixels of a picture lie along one side of what is stretched: the rest of it is black. */
interface Margin {
  /** Length of the whole, in pixels of the picture; at least `before` and the picture's own together. */
  readonly whole: number;
  readonly before: number;
}

/**
 * For each of `to` target pixels, source pixels of the picture's `own` and their weights: a triangle that widens when the
 * whole shrinks. Pixels of the margins are black, and need no weight.
 */
function taps(own: number, to: number, { whole, before }: Margin): Taps[] {
  const scale = whole / to;
  const reach = Math.max(1, scale);
  return Array.from({ length: to }, (_, i) => {
    const middle = (i + 0.5) * scale;
    const from = Math.max(0, Math.floor(middle - reach));
    const until = Math.min(whole, Math.ceil(middle + reach));
    const weight = (at: number): number => Math.max(0, 1 - Math.abs(at + 0.5 - middle) / reach);
    let total = 0;
    for (let at = from; at < until; at++) total += weight(at);
    const first = Math.max(from, before);
    const count = Math.max(0, Math.min(until, before + own) - first);
    const weights = Array.from({ length: count }, (_, k) => weight(first + k) / total);
    return { first: first - before, weights };
  });
}

/** A picture in the middle of a black square whose side is its longer one. */
export interface Square {
  readonly side: number;
  readonly left: number;
  readonly top: number;
}

/** The smallest square that holds a picture in its centre. */
export function squareAround({ width, height }: Sides): Square {
  const side = Math.max(width, height);
  return { side, left: Math.floor((side - width) / 2), top: Math.floor((side - height) / 2) };
}

/** Throws an error that begins with `path` unless a picture's data fit its size. */
export function checkImage(image: RgbImage, path = 'image'): void {
  checkObject(image, path);
  const { width, height, data } = image;
  const sized = Number.isInteger(width) && Number.isInteger(height) && width > 0 && height > 0;
  if (!sized)
    throw new Error(
      `${path}: size ${showValue(width)} x ${showValue(height)} must be two whole numbers of at least 1`,
    );
  if (data?.length !== 3 * width * height) {
    throw new Error(
      `${path}.data: holds ${data?.length ?? 'no'} bytes, ${width} x ${height} RGB needs ${3 * width * height}`,
    );
  }
}

/**
 * Writes a picture as [3, height, width] in -1..1 into `out` from `offset` on, by bilinear interpolation: stretched where
 * its size differs, or, with `square`, in its place in that square. The cost follows the picture's own area and that of
 * the result. Throws when its data do not fit its size.
 */
export function writePlanes(
  image: RgbImage,
  size: Sides,
  out: Float32Array,
  offset = 0,
  square?: Square,
): void {
  checkImage(image);
  checkImage(image);
  const { width, height, data } = image;
  const margin = (own: number, before = 0): Margin => ({ whole: square?.side ?? own, before });
  const columns = taps(width, size.width, margin(width, square?.left));
  const rows = taps(height, size.height, margin(height, square?.top));
  const line = new Float32Array(3 * size.width);
  for (let y = 0; y < size.height; y++) {
    line.fill(0);
    rows[y].weights.forEach((weight, k) => {
      if (weight > 0) addRow(line, data, 3 * width * (rows[y].first + k), columns, weight);
    });
    for (let x = 0; x < size.width; x++) {
      for (let c = 0; c < 3; c++) {
        out[offset + (c * size.height + y) * size.width + x] = line[3 * x + c] / 127.5 - 1;
      }
    }
  }
}

function addRow(
  line: Float32Array,
  data: RgbImage['data'],
  start: number,
  columns: readonly Taps[],
  rowWeight: number,
): void {
  columns.forEach(({ first, weights }, x) => {
    weights.forEach((columnWeight, k) => {
      const from = start + 3 * (first + k);
      for (let c = 0; c < 3; c++) line[3 * x + c] += rowWeight * columnWeight * data[from + c];
    });
  });
}

/** A picture at another size, [3, height, width] in -1..1; see `writePlanes`. */
export function imagePlanes(image: RgbImage, size: Sides): Float32Array {
  checkImage(image);
  const { width, height } = checkObject(size, 'size') as unknown as Sides;
  checkWhole(width, SIDE, 'size.width');
  checkWhole(height, SIDE, 'size.height');
  const planes = new Float32Array(3 * width * height);
  writePlanes(image, { width, height }, planes);
  return planes;
}

/** The pixels of a rectangle of a picture; throws where it reaches out of the picture. */
export function cropImage(image: RgbImage, rectangle: Rectangle): RgbImage {
  checkImage(image);
  const { left, top, width, height } = checkObject(rectangle, 'rectangle') as unknown as Rectangle;
  checkWhole(left, { min: 0, max: image.width - 1 }, 'rectangle.left');
  checkWhole(top, { min: 0, max: image.height - 1 }, 'rectangle.top');
  checkWhole(width, { min: 1, max: image.width - left }, 'rectangle.width');
  checkWhole(height, { min: 1, max: image.height - top }, 'rectangle.height');
  const data = new Uint8ClampedArray(3 * width * height);
  for (let y = 0; y < height; y++) {
    const from = 3 * ((top + y) * image.width + left);
    data.set(image.data.subarray(from, from + 3 * width), 3 * y * width);
  }
  return { width, height, channels: 3, data };
}
