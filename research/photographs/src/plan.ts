// What stands where in a picture.

import type { Box } from '@spatiallock/core';
import { boxArea, intersectionArea } from '@spatiallock/core/geometry';
import { type Random, random } from '@spatiallock/core/nn';
import { withArticle } from '@spatiallock/research-scenes';

export interface PlannedObject {
  /** Of the photograph, among those given. */
  readonly index: number;
  readonly label: string;
  readonly phrase: string;
  /** Corners in 0..1, on whole pixels. */
  readonly box: Box;
  readonly flip: boolean;
}

export interface PicturePlan {
  readonly seed: number;
  readonly caption: string;
  /** At least one. */
  readonly objects: readonly PlannedObject[];
}

/** What a plan needs to know of a photograph; `aspect`: width / height. */
interface Outline {
  readonly label: string;
  readonly aspect: number;
}

const MOST = 4;
/** The part of the smaller of two that may lie on the other. */
const OVERLAP = 0.25;
const TRIES = 60;
/** Geometric mean of an object's sides, as a fraction of the picture's. */
const SIDES = [0.16, 0.6] as const;

/** One to four photographs of their own shape, which overlap little, in a picture of `size` pixels a side. The seed decides. */
export function planPicture(seed: number, outlines: readonly Outline[], size: number): PicturePlan {
  const rng = random(seed);
  const objects: PlannedObject[] = [];
  const count = 1 + rng.int(MOST);
  for (let i = 0; i < count; i++) {
    const index = rng.int(outlines.length);
    const { label, aspect } = outlines[index]!;
    const flip = rng.uniform() < 0.5;
    const box = placeFor(rng, aspect, size, objects);
    if (box) objects.push({ index, label, phrase: withArticle(label), box, flip });
  }
  return { seed, caption: objects.map(({ phrase }) => phrase).join(' and '), objects };
}

/** Undefined where no room was found. */
function placeFor(
  rng: Random,
  aspect: number,
  size: number,
  others: readonly Pick<PlannedObject, 'box'>[],
): Box | undefined {
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const side = size * SIDES[0] * (SIDES[1] / SIDES[0]) ** rng.uniform();
    const width = Math.round(side * Math.sqrt(aspect));
    const height = Math.round(side / Math.sqrt(aspect));
    if (Math.min(width, height) < 4 || Math.max(width, height) > size) continue;
    const [left, top] = [rng.int(size - width + 1), rng.int(size - height + 1)];
    const box: Box = [left / size, top / size, (left + width) / size, (top + height) / size];
    if (others.every((other) => overlap(other.box, box) <= OVERLAP)) return box;
  }
  return undefined;
}

const overlap = (a: Box, b: Box): number => intersectionArea(a, b) / Math.min(boxArea(a), boxArea(b));
