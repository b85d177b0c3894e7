// Pictures as the judge reads them: floats, in several sizes.

import type { Box } from '@spatiallock/core';
import type { Pixels } from '../colours/rule.js';

/** RGB in 0..255, [height, width, 3]. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly data: Float32Array;
}

function halved({ width, height, data }: Picture): Picture {
  const [w, h] = [width >> 1, height >> 1];
  const out = new Float32Array(3 * w * h);
  for (let y = 0; y < h; y++) {
    for (let x = 0; x < w; x++) {
      const from = 3 * (2 * y * width + 2 * x);
      const below = from + 3 * width;
      for (let c = 0; c < 3; c++) {
        out[3 * (y * w + x) + c] =
          (data[from + c] + data[from + 3 + c] + data[below + c] + data[below + 3 + c]) / 4;
      }
    }
  }
  return { width: w, height: h, data: out };
}

/** The picture and its halves, down to a side of at least 32. */
export function pyramid({ width, height, data }: Pixels): Picture[] {
  const levels: Picture[] = [{ width, height, data: Float32Array.from(data) }];
  for (let last = levels[0]; Math.min(last.width, last.height) >= 64; last = levels[levels.length - 1]) {
    levels.push(halved(last));
  }
  return levels;
}

/** A box in 0..1 as pixels of a picture. */
export const inPixels = (
  [x0, y0, x1, y1]: Box,
  { width, height }: Pick<Picture, 'width' | 'height'>,
): Box => [x0 * width, y0 * height, x1 * width, y1 * height];

/** A box grown by a part of its own width and height on every side. */
export function grown([x0, y0, x1, y1]: Box, part: number): Box {
  const [dx, dy] = [part * (x1 - x0), part * (y1 - y0)];
  return [x0 - dx, y0 - dy, x1 + dx, y1 + dy];
}

/** The whole pixels that a box (0..1) touches: [left, top, right, bottom), inside the picture. */
export function pixelRange(
  box: Box,
  { width, height }: Pick<Picture, 'width' | 'height'>,
): [number, number, number, number] {
  const clamp = (value: number, most: number): number => Math.min(most, Math.max(0, value));
  return [
    clamp(Math.floor(box[0] * width), width - 1),
    clamp(Math.floor(box[1] * height), height - 1),
    clamp(Math.ceil(box[2] * width), width),
    clamp(Math.ceil(box[3] * height), height),
  ];
}
