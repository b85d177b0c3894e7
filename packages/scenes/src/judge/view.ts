// One object's surroundings in a picture, and how well a sprite explains them.

import type { Box } from '@spatiallock/core';
import type { Art } from '../art.js';
import { recolour } from '../colours/recolour.js';
import type { ColourWord } from '../colours/rule.js';
import { type Patch, stretch } from '../resample.js';
import { inPixels, type Picture, pixelRange } from './picture.js';

/** Differences count up to this much (of 765): what does not fit at all is as bad as anything else. */
export const CAP = 150;

/** A sprite put into a picture: which class, how it is turned and coloured, and where. */
export interface Pose {
  readonly index: number;
  readonly flip: boolean;
  readonly colour?: ColourWord;
  /** Corners in 0..1. */
  readonly box: Box;
}

/** The pixels of a pose in a picture of that size. */
export function patchOf(
  art: Art,
  { index, flip, colour, box }: Pose,
  size: Pick<Picture, 'width' | 'height'>,
): Patch {
  const patch = stretch(art.sprites[index], inPixels(box, size), flip);
  if (colour) recolour(patch.data, index, colour);
  return patch;
}

/** A part of a picture with what is known of it. */
export interface View {
  readonly size: Pick<Picture, 'width' | 'height'>;
  /** [left, top, right, bottom) in pixels. */
  readonly range: readonly [number, number, number, number];
  /** RGB of the part: the picture, and what lies behind the object. */
  readonly image: Float32Array;
  readonly base: Float32Array;
  /** For each pixel, how much of it nothing in front covers (0..1). */
  readonly open: Float32Array;
  /** The difference of picture and base, capped and weighed by `open`, and the sum of it. */
  readonly without: Float32Array;
  readonly total: number;
}

/** Looks at the region of a picture; `behind` and `front` are poses of other objects, each back to front. */
export function viewOf(
  art: Art,
  picture: Picture,
  backdrop: Picture,
  region: Box,
  behind: readonly Pose[],
  front: readonly Pose[],
): View {
  const range = pixelRange(region, picture);
  const [left, top, right, bottom] = range;
  const [w, h] = [Math.max(1, right - left), Math.max(1, bottom - top)];
  const image = new Float32Array(3 * w * h);
  const base = new Float32Array(3 * w * h);
  for (let y = 0; y < h; y++) {
    const from = 3 * ((y + top) * picture.width + left);
    image.set(picture.data.subarray(from, from + 3 * w), 3 * y * w);
    base.set(backdrop.data.subarray(from, from + 3 * w), 3 * y * w);
  }
  for (const pose of behind) {
    eachPixel(range, patchOf(art, pose, picture), (at, data, from) => {
      const keep = 1 - data[from + 3] / 255;
      for (let c = 0; c < 3; c++) base[3 * at + c] = base[3 * at + c] * keep + data[from + c];
    });
  }
  const open = new Float32Array(w * h).fill(1);
  for (const pose of front) {
    eachPixel(range, patchOf(art, pose, picture), (at, data, from) => {
      open[at] *= 1 - data[from + 3] / 255;
    });
  }
  const without = new Float32Array(w * h);
  let total = 0;
  for (let at = 0; at < w * h; at++) {
    const i = 3 * at;
    const difference =
      Math.abs(image[i] - base[i]) +
      Math.abs(image[i + 1] - base[i + 1]) +
      Math.abs(image[i + 2] - base[i + 2]);
    without[at] = open[at] * Math.min(CAP, difference);
    total += without[at];
  }
  return { size: { width: picture.width, height: picture.height }, range, image, base, open, without, total };
}

/** Visits the pixels of a patch that lie in a range: `at` counts the range's pixels, `from` is the patch's first number. */
export function eachPixel(
  [left, top, right, bottom]: View['range'],
  patch: Patch,
  visit: (at: number, data: Float32Array, from: number) => void,
): void {
  const w = right - left;
  for (let y = Math.max(top, patch.top); y < Math.min(bottom, patch.top + patch.height); y++) {
    for (let x = Math.max(left, patch.left); x < Math.min(right, patch.left + patch.width); x++) {
      visit((y - top) * w + x - left, patch.data, 4 * ((y - patch.top) * patch.width + x - patch.left));
    }
  }
}

/** How much of a view stays unexplained with the patch in it; `view.total` without. */
export function costOf(view: View, patch: Patch): number {
  const { range, image, base, open, without } = view;
  const [left, top, right, bottom] = range;
  const w = right - left;
  const { data } = patch;
  let cost = view.total;
  const firstX = Math.max(left, patch.left);
  const lastX = Math.min(right, patch.left + patch.width);
  for (let y = Math.max(top, patch.top); y < Math.min(bottom, patch.top + patch.height); y++) {
    let at = (y - top) * w + firstX - left;
    let from = 4 * ((y - patch.top) * patch.width + firstX - patch.left);
    for (let x = firstX; x < lastX; x++, at++, from += 4) {
      const alpha = data[from + 3];
      if (alpha < 1) continue;
      const keep = 1 - alpha / 255;
      const i = 3 * at;
      const difference =
        Math.abs(image[i] - base[i] * keep - data[from]) +
        Math.abs(image[i + 1] - base[i + 1] * keep - data[from + 1]) +
        Math.abs(image[i + 2] - base[i + 2] * keep - data[from + 2]);
      cost += open[at] * Math.min(CAP, difference) - without[at];
    }
  }
  return cost;
}

/** How well a patch fits where it is visible. */
export interface Fit {
  /** The part (..1) of what its pixels differ from the base that the patch explains; 0 or less: nothing is there. */
  readonly gain: number;
  /** The mean difference of its pixels that stays, 0..1 of the cap. */
  readonly misfit: number;
  /** The part of the patch that nothing in front covers. */
  readonly visible: number;
}

/** How well a patch fits into a view. */
export function fitOf(view: View, patch: Patch): Fit {
  let [before, after, open, alpha] = [0, 0, 0, 0];
  const { image, base } = view;
  eachPixel(view.range, patch, (at, data, from) => {
    const a = data[from + 3] / 255;
    alpha += a;
    if (a < 0.5) return;
    let difference = 0;
    for (let c = 0; c < 3; c++)
      difference += Math.abs(image[3 * at + c] - base[3 * at + c] * (1 - a) - data[from + c]);
    before += view.without[at];
    after += view.open[at] * Math.min(CAP, difference);
    open += view.open[at];
  });
  if (open < 1) return { gain: 0, misfit: 1, visible: 0 };
  return {
    gain: 1 - after / Math.max(1, before),
    misfit: after / open / CAP,
    visible: open / Math.max(1, alpha),
  };
}
