// What a picture would look like without its objects: the rest of it, spread smoothly into the holes.

import type { Box } from '@spatiallock/core';
import { grown, type Picture, pixelRange } from './picture.js';

/** Objects may stand a little outside of the boxes that were asked for. */
const MARGIN = 0.12;

interface Weighted {
  readonly width: number;
  readonly height: number;
  /** Colours times their weights, and the weights: [height, width, 4]. */
  readonly data: Float32Array;
}

function coarser({ width, height, data }: Weighted): Weighted {
  const [w, h] = [Math.ceil(width / 2), Math.ceil(height / 2)];
  const out = new Float32Array(4 * w * h);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const to = 4 * ((y >> 1) * w + (x >> 1));
      const from = 4 * (y * width + x);
      for (let c = 0; c < 4; c++) out[to + c] += data[from + c];
    }
  }
  // Full cells weigh 1 again, so that near pixels outweigh far ones.
  for (let i = 0; i < out.length; i += 4) {
    const weight = out[i + 3];
    if (weight <= 1) continue;
    for (let c = 0; c < 4; c++) out[i + c] /= weight;
  }
  return { width: w, height: h, data: out };
}

/** Fills what a finer level lacks from the coarser one, interpolated. */
function filled(fine: Weighted, coarse: Weighted): Weighted {
  const { width, height, data } = fine;
  for (let y = 0; y < height; y++) {
    const v = Math.max(0, y / 2 - 0.25);
    const y0 = Math.min(coarse.height - 1, Math.floor(v));
    const y1 = Math.min(coarse.height - 1, y0 + 1);
    for (let x = 0; x < width; x++) {
      const at = 4 * (y * width + x);
      const lacking = 1 - data[at + 3];
      if (lacking <= 0) continue;
      const u = Math.max(0, x / 2 - 0.25);
      const x0 = Math.min(coarse.width - 1, Math.floor(u));
      const x1 = Math.min(coarse.width - 1, x0 + 1);
      for (let c = 0; c < 3; c++) {
        const top = lerp(
          coarse.data[4 * (y0 * coarse.width + x0) + c],
          coarse.data[4 * (y0 * coarse.width + x1) + c],
          u - x0,
        );
        const low = lerp(
          coarse.data[4 * (y1 * coarse.width + x0) + c],
          coarse.data[4 * (y1 * coarse.width + x1) + c],
          u - x0,
        );
        data[at + c] += lacking * lerp(top, low, v - y0);
      }
      data[at + 3] = 1;
    }
  }
  return fine;
}

const lerp = (a: number, b: number, t: number): number => a + (b - a) * Math.min(1, Math.max(0, t));

/** The picture with the boxes filled from what is around them. */
export function backdropOf(picture: Picture, boxes: readonly Box[]): Picture {
  const { width, height } = picture;
  const data = new Float32Array(4 * width * height);
  for (let i = 0; i < width * height; i++) {
    data.set(picture.data.subarray(3 * i, 3 * i + 3), 4 * i);
    data[4 * i + 3] = 1;
  }
  for (const box of boxes) {
    const [left, top, right, bottom] = pixelRange(grown(box, MARGIN), picture);
    for (let y = top; y < bottom; y++) data.fill(0, 4 * (y * width + left), 4 * (y * width + right));
  }
  const levels: Weighted[] = [{ width, height, data }];
  while (levels[levels.length - 1].width > 1 || levels[levels.length - 1].height > 1) {
    levels.push(coarser(levels[levels.length - 1]));
  }
  for (let k = levels.length - 2; k >= 0; k--) filled(levels[k], levels[k + 1]);
  const out = new Float32Array(3 * width * height);
  for (let i = 0; i < width * height; i++) out.set(levels[0].data.subarray(4 * i, 4 * i + 3), 3 * i);
  return { width, height, data: out };
}
