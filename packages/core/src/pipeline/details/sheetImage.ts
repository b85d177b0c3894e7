// The crops of a sheet, enlarged side by side.

import { type Tensor, tensor } from '../../graph/tensor.js';
import type { RgbImage } from '../image.js';
import { cropImage, imagePlanes, type Sides } from '../imagePlanes.js';
import type { Tile } from './sheets.js';

/** The crops of tiles in their cells, as a picture of that size in -1..1; grey where there is no tile. */
export function sheetImage(image: RgbImage, tiles: readonly Tile[], { width, height }: Sides): Tensor {
  const all = new Float32Array(3 * width * height);
  for (const { crop, cell } of tiles) {
    const planes = imagePlanes(cropImage(image, crop), cell);
    for (let row = 0; row < 3 * cell.height; row++) {
      const [channel, y] = [Math.floor(row / cell.height), row % cell.height];
      const line = planes.subarray(row * cell.width, (row + 1) * cell.width);
      all.set(line, (channel * height + cell.top + y) * width + cell.left);
    }
  }
  return tensor(all, [1, 3, height, width]);
}
