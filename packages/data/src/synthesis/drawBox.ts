// A box at random, where it fits.

import type { Box } from '@spatiallock/core';
import type { Random } from '@spatiallock/core/nn';
import type { Range, Specification } from './specification.js';

/** Places that are tried for a box. */
const TRIES = 200;

/** A box of these sizes and aspect ratios; undefined where no place that fits is found. */
export function drawBox(
  { size, aspect }: Pick<Specification, 'size' | 'aspect'>,
  rng: Random,
  fits: (box: Box) => boolean,
): Box | undefined {
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const side = between(size, rng);
    // Evenly in the logarithm, so that 1:2 is as frequent as 2:1.
    const stretch = Math.sqrt(Math.exp(between([Math.log(aspect[0]), Math.log(aspect[1])], rng)));
    const [width, height] = [Math.min(1, side * stretch), Math.min(1, side / stretch)];
    const [left, top] = [rng.uniform() * (1 - width), rng.uniform() * (1 - height)];
    const box = [left, top, left + width, top + height].map(rounded) as unknown as Box;
    if (fits(box)) return box;
  }
  return undefined;
}

/** Four digits: as exact as a pixel of any picture, and short in files. */
const rounded = (value: number): number => Math.min(1, Math.round(value * 1e4) / 1e4);

const between = ([least, most]: Range, rng: Random): number => least + (most - least) * rng.uniform();
