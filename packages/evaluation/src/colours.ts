// Whether objects have the colours that their phrases name.

import type { Box, RgbImage } from '@spatiallock/core';
import { wordsOf } from '@spatiallock/core/pipeline';
import { colourShare, isMigColour, type MigColour } from './benchmarks/migColours.js';
import { COLOURED } from './benchmarks/migScore.js';

/** An object that was found, or not, and the picture that it was looked for in. */
export interface ColouredObject {
  readonly phrase: string;
  readonly image: RgbImage;
  /** Where it was found. */
  readonly box?: Box;
}

/** How many objects have the colours that their phrases name. */
export interface ColourFigures {
  /** Objects whose phrase names one of COCO-MIG's seven colours. */
  readonly instances: number;
  /** The share of them that were found in that colour, by COCO-MIG's rule; null without any. */
  readonly right: number | null;
}

/** The first of COCO-MIG's colours that a phrase names. */
export const colourOfPhrase = (phrase: string): MigColour | undefined => wordsOf(phrase).find(isMigColour);

/** COCO-MIG's rule, on the pixels of the box found: a fifth of them have the colour's HSV. */
export function colourFigures(objects: readonly ColouredObject[]): ColourFigures {
  const right = objects.flatMap(({ phrase, image, box }) => {
    const colour = colourOfPhrase(phrase);
    if (colour === undefined) return [];
    return [box !== undefined && colourShare(image, box, colour) >= COLOURED];
  });
  const count = right.filter(Boolean).length;
  return { instances: right.length, right: right.length === 0 ? null : count / right.length };
}
