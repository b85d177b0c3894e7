// A picture to paint over as options of a call.

import type { Box, RgbImage, StreamOptions } from '@spatiallock/core';
import type { JobSource, Picture } from './protocol.js';

type Options = Pick<StreamOptions, 'image' | 'mask' | 'strength' | 'width' | 'height'>;

/** Pictures keep their own size; without a source nothing is painted over. */
export function paintedOver(source: JobSource | undefined): Options {
  if (!source) return {};
  const { picture, boxes, strength } = source;
  return {
    image: picture,
    strength,
    width: picture.width,
    height: picture.height,
    ...(boxes ? { mask: maskOf(boxes, picture) } : {}),
  };
}

/** Pixels of a latent's side, as Stable Diffusion's autoencoder has them: what is painted anew are whole latents. */
const CELL = 8;

/** White in all cells that a box touches. */
export function maskOf(
  boxes: readonly Box[],
  { width, height }: Pick<Picture, 'width' | 'height'>,
): RgbImage {
  const data = new Uint8ClampedArray(3 * width * height);
  const before = (share: number, side: number): number => CELL * Math.floor((share * side) / CELL + 1e-6);
  const after = (share: number, side: number): number =>
    Math.min(side, CELL * Math.ceil((share * side) / CELL - 1e-6));
  for (const [x0, y0, x1, y1] of boxes) {
    const [left, right] = [before(x0, width), after(x1, width)];
    for (let y = before(y0, height); y < after(y1, height); y++) {
      data.fill(255, 3 * (y * width + left), 3 * (y * width + right));
    }
  }
  return { width, height, channels: 3, data };
}
