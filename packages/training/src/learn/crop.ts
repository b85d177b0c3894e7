// A part of a picture in memory, in another size.

import type { RgbImage } from '@spatiallock/core';
import { writePlanes } from '@spatiallock/core/pipeline';
import type { View } from '../fineTune/views.js';

/** The pixels of a view, bilinear, mirrored where it says so: the same on every machine. */
export function cropped({ width, data }: RgbImage, crop: View['crop']): RgbImage {
  const part = new Uint8ClampedArray(3 * crop.width * crop.height);
  for (let y = 0; y < crop.height; y++) {
    const from = 3 * ((crop.top + y) * width + crop.left);
    part.set(data.subarray(from, from + 3 * crop.width), 3 * y * crop.width);
  }
  const { size } = crop;
  const planes = new Float32Array(3 * size.width * size.height);
  writePlanes({ width: crop.width, height: crop.height, channels: 3, data: part }, size, planes);
  const out = new Uint8ClampedArray(planes.length);
  const plane = size.width * size.height;
  for (let i = 0; i < plane; i++) {
    const column = i % size.width;
    const to = crop.flip ? i - column + (size.width - 1 - column) : i;
    for (let c = 0; c < 3; c++) out[3 * to + c] = (planes[c * plane + i]! + 1) * 127.5;
  }
  return { width: size.width, height: size.height, channels: 3, data: out };
}
