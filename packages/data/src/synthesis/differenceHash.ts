// A hash of how a picture looks.

import type { RgbImage } from '@spatiallock/core';
import { checkImage } from '@spatiallock/core/checks';

/** Cells of a row and of a column that are compared with their neighbours to the right. */
const SIDE = 16;

/**
 * The difference hash of a picture, 256 bits as 64 hexadecimal digits: whether each of 16 x 16 cells is lighter than its
 * neighbour to the right (Krawetz 2013, "Kind of like that", with more cells). Pictures that differ in few bits look the same.
 */
export function differenceHash(image: RgbImage): string {
  checkImage(image);
  const cells = brightness(image);
  let digits = '';
  for (let at = 0; at < SIDE * SIDE; at += 4) {
    let digit = 0;
    for (let bit = 0; bit < 4; bit++) {
      const [row, column] = [Math.floor((at + bit) / SIDE), (at + bit) % SIDE];
      const cell = row * (SIDE + 1) + column;
      digit = 2 * digit + (cells[cell]! > cells[cell + 1]! ? 1 : 0);
    }
    digits += digit.toString(16);
  }
  return digits;
}

/** Mean luma of SIDE rows of SIDE + 1 cells. */
function brightness({ width, height, data }: RgbImage): Float64Array {
  const columns = SIDE + 1;
  const [sums, counts] = [new Float64Array(SIDE * columns), new Float64Array(SIDE * columns)];
  for (let y = 0; y < height; y++) {
    const row = Math.min(SIDE - 1, Math.floor((y * SIDE) / height));
    for (let x = 0; x < width; x++) {
      const cell = row * columns + Math.min(SIDE, Math.floor((x * columns) / width));
      const at = 3 * (y * width + x);
      sums[cell]! += 0.299 * data[at]! + 0.587 * data[at + 1]! + 0.114 * data[at + 2]!;
      counts[cell]!++;
    }
  }
  return sums.map((sum, i) => (counts[i] === 0 ? 0 : sum / counts[i]!));
}
