// A part of a picture in memory, in another size.

import type { RgbImage } from '@spatiallock/core';
import { cropImage, imagePlanes } from '@spatiallock/core/pipeline';
import type { View } from '../fineTune/views.js';

/** The pixels of a view, bilinear, mirrored where it says so: the same on every machine. */
export function cropped(image: RgbImage, crop: View['crop']): RgbImage {
  const { size } = crop;
  const planes = imagePlanes(cropImage(image, crop), size);
  const out = new Uint8ClampedArray(planes.length);
  const plane = size.width * size.height;
  for (let i = 0; i < plane; i++) {
    const column = i % size.width;
    const to = crop.flip ? i - column + (size.width - 1 - column) : i;
    for (let c = 0; c < 3; c++) out[3 * to + c] = (planes[c * plane + i]! + 1) * 127.5;
  }
  return { width: size.width, height: size.height, channels: 3, data: out };
}
