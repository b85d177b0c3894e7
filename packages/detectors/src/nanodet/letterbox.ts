// Brings a picture of any size into a square without stretching it, and boxes back.

import type { Box, RgbImage } from '@spatiallock/core';
import { checkImage, checkWhole } from '@spatiallock/core/checks';
import { squareAround, writePlanes } from '@spatiallock/core/pipeline';

/** A picture in the middle of a square, as planes [3, side, side] in -1..1, and the way back for boxes. */
export interface Letterbox {
  /** The picture in the middle of a black square, [3, side, side], RGB in -1..1. */
  readonly planes: Float32Array<ArrayBuffer>;
  /** A box in fractions of the square, as fractions of the picture and cut to it. */
  toPicture(box: Box): Box;
}

/** Fits a picture into a black square of `side` pixels, by bilinear interpolation. */
export function letterbox(image: RgbImage, side: number): Letterbox {
  checkImage(image);
  checkWhole(side, { min: 1, max: 16_384 }, 'side');
  const { width, height } = image;
  const square = squareAround(image);
  const { side: longer, left, top } = square;
  const planes = new Float32Array(3 * side * side);
  writePlanes(image, { width: side, height: side }, planes, 0, square);
  const inside = (edge: number, offset: number, size: number): number =>
    Math.min(1, Math.max(0, (edge * longer - offset) / size));
  return {
    planes,
    toPicture: ([x0, y0, x1, y1]) => [
      inside(x0, left, width),
      inside(y0, top, height),
      inside(x1, left, width),
      inside(y1, top, height),
    ],
  };
}
