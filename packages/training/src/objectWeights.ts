// How much each cell of the latents counts while the U-Net trains. Skies are soon learnt and fill most of a picture;
// objects, small ones above all, are what a person looks at.

import type { Box } from '@spatiallock/core';
import { checkList, checkVector, checkWhole } from '@spatiallock/core/checks';

const SIDE = { min: 1, max: 16_384 };

/** Weight that an object adds to its cells, divided by its side in cells. */
const FOCUS = 8;
/** Objects below this side, in cells, add still more: in proportion to how far they are below it. */
const SMALL = 5;

/**
 * Weights of a grid of cells: 1 outside of all boxes, 1 + 8 / side inside one, where `side` is the square root of its
 * area in cells; below 5 cells 1 + 8 / side * 5 / side, so that all small objects count alike as a whole, and
 * less than a large one (our choice).
 */
export function objectWeights(boxes: readonly Box[], height: number, width: number): Float32Array {
  checkList(boxes, 'boxes', 'boxes').forEach((box, i) => void checkVector(box, `boxes[${i}]`, 4));
  checkWhole(height, SIDE, 'height');
  checkWhole(width, SIDE, 'width');
  const weights = new Float32Array(height * width).fill(1);
  for (const [x0, y0, x1, y1] of boxes) {
    const side = Math.sqrt(height * width * (x1 - x0) * (y1 - y0));
    const added = (FOCUS / side) * Math.max(1, SMALL / side);
    const columns = coverage(x0, x1, width);
    const rows = coverage(y0, y1, height);
    for (let at = 0; at < weights.length; at++) {
      const covered = rows[Math.floor(at / width)]! * columns[at % width]!;
      weights[at] = Math.max(weights[at]!, 1 + added * covered);
    }
  }
  return weights;
}

/** The share of each of `size` equal strips of 0..1 that lies between `from` and `to`. */
function coverage(from: number, to: number, size: number): number[] {
  return Array.from({ length: size }, (_, i) =>
    Math.max(0, Math.min(to * size, i + 1) - Math.max(from * size, i)),
  );
}
