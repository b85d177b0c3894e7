// Brings a picture of any size into a square without stretching it, and boxes back.

import type { RgbImage } from '@spatiallock/core';
import type { Box } from '../metrics/index.js';
import { writePlanes } from '../resize.js';

export interface Letterbox {
  /** The picture in the middle of a black square, [3, side, side], RGB in -1..1. */
  readonly planes: Float32Array<ArrayBuffer>;
  /** A box in fractions of the square, as fractions of the picture and cut to it. */
  toPicture(box: Box): Box;
}

/** Fits a picture into a black square of `side` pixels, by bilinear interpolation. */
export function letterbox(image: RgbImage, side: number): Letterbox {
  const { width, height } = image;
  const longer = Math.max(width, height);
  const [left, top] = [Math.floor((longer - width) / 2), Math.floor((longer - height) / 2)];
  const planes = new Float32Array(3 * side * side);
  writePlanes(width === height ? image : padded(image, longer, left, top), side, planes);
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

function padded({ width, height, data }: RgbImage, side: number, left: number, top: number): RgbImage {
  const square = new Uint8ClampedArray(3 * side * side);
  for (let y = 0; y < height; y++) {
    square.set(data.subarray(3 * y * width, 3 * (y + 1) * width), 3 * ((top + y) * side + left));
  }
  return { width: side, height: side, channels: 3, data: square };
}
