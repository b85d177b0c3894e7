import type { Box } from '@spatiallock/core';

/** Corners in pixels. */
export type PixelCorners = readonly [x0: number, y0: number, x1: number, y1: number];

/** A box in the pixels of a square picture, rounded to 1e-6 so that whole pixels stay whole. */
export const inPixels = (box: Box, side: number): PixelCorners =>
  box.map((corner) => Math.round(corner * side * 1e6) / 1e6) as unknown as PixelCorners;

/** As `int()` of Python leaves them. */
export const truncated = (box: PixelCorners): PixelCorners => box.map(Math.trunc) as unknown as PixelCorners;

/**
 * Intersection over union of corners in pixels. `inclusive`: a pixel is as wide as 1, so that both edges count, as in
 * Pascal VOC's kit. 0 for boxes without area.
 */
export function cornersIou(a: PixelCorners, b: PixelCorners, inclusive = false): number {
  const one = inclusive ? 1 : 0;
  const area = ([x0, y0, x1, y1]: PixelCorners): number => (x1 - x0 + one) * (y1 - y0 + one);
  const width = Math.max(0, Math.min(a[2], b[2]) - Math.max(a[0], b[0]) + one);
  const height = Math.max(0, Math.min(a[3], b[3]) - Math.max(a[1], b[1]) + one);
  const intersection = width * height;
  const union = area(a) + area(b) - intersection;
  return union > 0 ? intersection / union : 0;
}
