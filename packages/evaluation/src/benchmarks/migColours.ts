// The colours of COCO-MIG, by ranges of HSV.

import type { Box, RgbImage } from '@spatiallock/core';
import { checkChoice, checkImage, checkList, checkObjects, checkVector } from '@spatiallock/core/checks';
import { type Hsv, rgbToHsv } from './hsv.js';
import type { BenchmarkObject } from './types.js';

interface Range {
  readonly least: Hsv;
  readonly most: Hsv;
}

/** A hue that is neither grey nor dark. */
const hue = (least: number, most: number): Range => ({ least: [least, 50, 70], most: [most, 255, 255] });

/**
 * Both ends of a range are included. Source: eval_mig.py of github.com/LeyRio/MIG_Bench (arXiv 2402.05408), `color_dict` as
 * of commit 7f5da08 of 3 March 2024, which replaced other ranges for all but white and brown.
 */
export const migColours = {
  red: [hue(0, 9), hue(159, 180)],
  brown: [{ least: [6, 43, 35], most: [25, 255, 255] }],
  yellow: [hue(25, 35)],
  green: [hue(36, 89)],
  blue: [hue(90, 128)],
  black: [{ least: [0, 0, 0], most: [180, 255, 30] }],
  white: [{ least: [0, 0, 221], most: [180, 43, 255] }],
} as const satisfies Record<string, readonly Range[]>;

/** A colour word of COCO-MIG. */
export type MigColour = keyof typeof migColours;

/** Whether a word is one of COCO-MIG's colours. */
export const isMigColour = (word: string): word is MigColour => Object.hasOwn(migColours, word);

const inRange = (hsv: Hsv, { least, most }: Range): boolean =>
  hsv.every((channel, i) => channel >= least[i]! && channel <= most[i]!);

/**
 * The share of an object's pixels that have a colour, 0..1; 0 without a pixel.
 * `mask`: which pixels are the object's, row by row; default all whose centres lie in `box`.
 */
export function colourShare(image: RgbImage, box: Box, colour: MigColour, mask?: Uint8Array): number {
  checkImage(image);
  // Detectors that do not clip their boxes overshoot the picture.
  checkVector(box, 'box', 4);
  checkChoice(colour, Object.keys(migColours) as MigColour[], 'colour');
  const { width, height, data } = image;
  if (mask !== undefined) checkVector(mask, 'mask', width * height);
  let [own, coloured] = [0, 0];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = y * width + x;
      const inside = mask ? mask[at]! > 0 : contains(box, (x + 0.5) / width, (y + 0.5) / height);
      if (!inside) continue;
      own++;
      const hsv = rgbToHsv(data[3 * at]!, data[3 * at + 1]!, data[3 * at + 2]!);
      if (migColours[colour].some((range) => inRange(hsv, range))) coloured++;
    }
  }
  return own === 0 ? 0 : coloured / own;
}

const contains = ([x0, y0, x1, y1]: Box, x: number, y: number): boolean =>
  x >= x0 && x < x1 && y >= y0 && y < y1;

/**
 * For each object of a picture the share of its pixels that have its colour; undefined for one without a colour word.
 * `masks`: for each object which pixels are its own; default all of its box. Throws on a colour that is none of COCO-MIG's.
 */
export function colourShares(
  image: RgbImage,
  objects: readonly BenchmarkObject[],
  masks: readonly (Uint8Array | undefined)[] = [],
): (number | undefined)[] {
  checkImage(image);
  checkObjects(objects, 'objects', 'objects');
  checkList(masks, 'masks', 'masks');
  return objects.map(({ box, colour }, i) => {
    if (colour === undefined) return undefined;
    if (!isMigColour(colour)) throw new Error(`colour: "${colour}" is none of COCO-MIG's; leave it out`);
    return colourShare(image, box, colour, masks[i]);
  });
}
