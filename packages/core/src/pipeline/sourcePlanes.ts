// Pictures and masks at the size that is painted, as numbers.

import type { Box } from '../geometry/index.js';
import { tensor } from '../graph/tensor.js';
import { imagesOf, type RgbImage } from './image.js';
import { imagePlanes, type Sides } from './imagePlanes.js';
import type { Layout } from './layout.js';
import { isTensor, type Source, type SourceImage } from './source.js';

/** One picture that is painted over. */
export interface SourcePlanes {
  /** [3, height, width] in -1..1. */
  readonly image: Float32Array;
  /** [height, width], 1 where it is painted anew, else 0; undefined: everywhere, and nothing is kept. */
  readonly mask?: Float32Array;
}

/** Brings the pictures and masks of each layout to `size`; `step` are the pixels of a latent's side. */
export function sourcePlanes(
  { images, mask }: Source,
  layouts: readonly Layout[],
  size: Sides,
  step: number,
): readonly SourcePlanes[] {
  const known = new Map<SourceImage, Float32Array>();
  const planesOf = (image: SourceImage, name: string): Float32Array => {
    const planes = known.get(image) ?? planesAt(image, size, name);
    known.set(image, planes);
    return planes;
  };
  return layouts.map(({ objects }, i) => {
    const image = planesOf(images[i]!, 'image');
    if (mask === undefined) return { image };
    const painted =
      mask === 'boxes'
        ? boxMask(
            objects.map(({ box }) => box),
            size,
            step,
          )
        : binary(planesOf(mask[i]!, 'mask'), mask[i]!, size);
    if (!painted.includes(1)) {
      const place = layouts.length > 1 ? ` for layouts[${i}]` : '';
      const advice = mask === 'boxes' ? 'has no object whose box' : 'has no white pixel that';
      throw new Error(`mask: ${advice} would be painted anew${place}`);
    }
    return { image, mask: painted };
  });
}

function planesAt(image: SourceImage, size: Sides, name: string): Float32Array {
  if (!isTensor(image)) return imagePlanes(image, size);
  const [, , height, width] = image.shape;
  if (height === size.height && width === size.width) return image.data as Float32Array;
  throw new Error(
    `${name}: is a tensor of ${width} x ${height}, the picture has ${size.width} x ${size.height}; give pictures of 8 bits to have them stretched`,
  );
}

/** From half on counts as white: in -1..1 of a picture the mean of its channels from 0 on, in 0..1 of a tensor from 0.5 on. */
function binary(planes: Float32Array, image: SourceImage, { width, height }: Sides): Float32Array {
  const area = width * height;
  if (isTensor(image)) return planes.map((value) => (value >= 0.5 ? 1 : 0));
  return Float32Array.from({ length: area }, (_, i) =>
    planes[i]! + planes[area + i]! + planes[2 * area + i]! >= 0 ? 1 : 0,
  );
}

/** 1 in every cell of `step` x `step` pixels that a box touches: no box is too small for the latents' grid. */
function boxMask(boxes: readonly Box[], { width, height }: Sides, step: number): Float32Array {
  const mask = new Float32Array(width * height);
  for (const [x0, y0, x1, y1] of boxes) {
    const [left, right] = cellsOf(x0, x1, width, step);
    const [top, bottom] = cellsOf(y0, y1, height, step);
    for (let y = top; y < bottom; y++) mask.fill(1, y * width + left, y * width + right);
  }
  return mask;
}

/** First and last pixel of the cells that a part of a side touches; a hair beyond a cell's edge is rounding. */
function cellsOf(from: number, to: number, side: number, step: number): [number, number] {
  const cells = side / step;
  const first = Math.floor(from * cells + 1e-6);
  const last = Math.max(first + 1, Math.ceil(to * cells - 1e-6));
  return [Math.min(first, cells - 1) * step, Math.min(last, cells) * step];
}

/** The mask of each latent, [height / step, width / step]: that of its first pixel, as PyTorch's nearest interpolation. */
export function latentMask(mask: Float32Array, { width, height }: Sides, step: number): Float32Array {
  const columns = width / step;
  return Float32Array.from(
    { length: columns * (height / step) },
    (_, i) => mask[Math.floor(i / columns) * step * width + (i % columns) * step]!,
  );
}

/** The picture with everything outside of the mask as it was. */
export function withKept(painted: RgbImage, { image, mask }: SourcePlanes): RgbImage {
  if (!mask) return painted;
  const { width, height } = painted;
  const [kept] = imagesOf(tensor(image, [1, 3, height, width])) as [RgbImage];
  const data = painted.data.map((value, i) => (mask[Math.floor(i / 3)] === 1 ? value : kept.data[i]!));
  return { ...painted, data };
}
