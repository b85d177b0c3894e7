// Parts of pictures, cut out, enlarged and reduced.

import { type Tensor, tensor } from '../../graph/tensor.js';
import type { RgbImage } from '../image.js';
import { type Sides, writePlanes } from '../imagePlanes.js';
import type { Rectangle, Sheet } from './sheets.js';

/** A rectangle of a picture. */
export function cropOf({ width, data }: RgbImage, { left, top, ...size }: Rectangle): RgbImage {
  const cut = new Uint8ClampedArray(3 * size.width * size.height);
  for (let y = 0; y < size.height; y++) {
    const from = 3 * ((top + y) * width + left);
    cut.set(data.subarray(from, from + 3 * size.width), 3 * y * size.width);
  }
  return { ...size, channels: 3, data: cut };
}

/** A picture at another size, [3, height, width] in -1..1. */
export function planesOf(image: RgbImage, { width, height }: Sides): Float32Array {
  const planes = new Float32Array(3 * width * height);
  writePlanes(image, { width, height }, planes);
  return planes;
}

/** The tiles of a sheet in their cells, as a picture of that size in -1..1; grey where there is no tile. */
export function sheetOf(image: RgbImage, sheet: Sheet, { width, height }: Sides): Tensor {
  const all = new Float32Array(3 * width * height);
  for (const { crop, cell } of sheet) {
    const planes = planesOf(cropOf(image, crop), cell);
    for (let row = 0; row < 3 * cell.height; row++) {
      const [channel, y] = [Math.floor(row / cell.height), row % cell.height];
      const line = planes.subarray(row * cell.width, (row + 1) * cell.width);
      all.set(line, (channel * height + cell.top + y) * width + cell.left);
    }
  }
  return tensor(all, [1, 3, height, width]);
}
