// Reads a part of a picture on the grid of the templates.

import type { Box } from '@spatiallock/core';
import { CELLS, type Sample } from './templates.js';
import type { View } from './view.js';

const clamp = (value: number, most: number): number => Math.min(most, Math.max(0, value));

/** Numbers on a pixel grid: [height, width, channels]. */
export interface Grid {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly data: Float32Array;
}

/**
 * Reads a grid at the cells of a box (pixels of the grid), averaging a few points a cell where cells are larger than
 * pixels: [CELLS, CELLS, channels].
 */
export function sampled(grid: Grid, [x0, y0, x1, y1]: Box): Float32Array {
  const { width, height, channels, data } = grid;
  const out = new Float32Array(channels * CELLS * CELLS);
  const [stepX, stepY] = [(x1 - x0) / CELLS, (y1 - y0) / CELLS];
  const points = (step: number): number => Math.max(1, Math.min(4, Math.round(step)));
  const [nx, ny] = [points(stepX), points(stepY)];
  for (let row = 0; row < CELLS; row++) {
    for (let j = 0; j < ny; j++) {
      const y = clamp(y0 + (row + (j + 0.5) / ny) * stepY - 0.5, height - 1);
      const [top, ty] = [Math.floor(y), y - Math.floor(y)];
      const below = Math.min(height - 1, top + 1);
      for (let column = 0; column < CELLS; column++) {
        const to = channels * (row * CELLS + column);
        for (let i = 0; i < nx; i++) {
          const x = clamp(x0 + (column + (i + 0.5) / nx) * stepX - 0.5, width - 1);
          const [left, tx] = [Math.floor(x), x - Math.floor(x)];
          const beside = Math.min(width - 1, left + 1);
          for (let c = 0; c < channels; c++) {
            const high =
              data[channels * (top * width + left) + c] * (1 - tx) +
              data[channels * (top * width + beside) + c] * tx;
            const low =
              data[channels * (below * width + left) + c] * (1 - tx) +
              data[channels * (below * width + beside) + c] * tx;
            out[to + c] += (high * (1 - ty) + low * ty) / (nx * ny);
          }
        }
      }
    }
  }
  return out;
}

/** A view's pixels in a box (0..1 of the picture), on the grid of the templates. */
export function sampleOf(view: View, [x0, y0, x1, y1]: Box): Sample {
  const [left, top, right, bottom] = view.range;
  const [width, height] = [right - left, bottom - top];
  const { size } = view;
  const box: Box = [
    x0 * size.width - left,
    y0 * size.height - top,
    x1 * size.width - left,
    y1 * size.height - top,
  ];
  const read = (data: Float32Array, channels: number): Float32Array =>
    sampled({ width, height, channels, data }, box);
  return { image: read(view.image, 3), base: read(view.base, 3), open: read(view.open, 1) };
}
