// What stands where in a picture.

import type { Box } from '@spatiallock/core';
import { boxArea, intersectionArea } from '@spatiallock/core/geometry';
import { type Random, random } from '@spatiallock/core/nn';
import { type ScenePlan, type Sprite, withArticle } from '@spatiallock/scenes';

/** An object by its photograph (`index`, among those given) and its place; edges are on whole pixels. */
export type PlannedObject = Pick<ScenePlan['objects'][number], 'index' | 'label' | 'phrase' | 'box' | 'flip'>;

export interface PicturePlan extends Pick<ScenePlan, 'seed' | 'caption'> {
  /** At least one. */
  readonly objects: readonly PlannedObject[];
}

const MOST = 4;
/** The part of the smaller of two that may lie on the other. */
const OVERLAP = 0.25;
const TRIES = 60;
/** Geometric mean of an object's sides, as a fraction of the picture's. */
const SIDES = [0.16, 0.6] as const;

/** One to four photographs of their own shape, which overlap little, in a picture of `size` pixels a side. The seed decides. */
export function planPicture(
  seed: number,
  photographs: readonly Pick<Sprite, 'label' | 'aspect'>[],
  size: number,
): PicturePlan {
  const rng = random(seed);
  const objects: PlannedObject[] = [];
  const count = 1 + rng.int(MOST);
  for (let i = 0; i < count; i++) {
    const index = rng.int(photographs.length);
    const { label, aspect } = photographs[index]!;
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
