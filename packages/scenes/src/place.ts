// Where the next object of a scene stands.

import { type Box, iou as boxIou } from '@spatiallock/core';
import { limits } from './limits.js';
import type { SceneRandom } from './random.js';
import { boxInside, type Placed, shapes, visibleFraction } from './shape.js';
import { HELD_OUT_IOU, mayOverlap, type Pairs } from './split.js';
import type { Spread } from './variety.js';

const margin = 0.008;
const tries = 48;
/** The side that crowded pictures may always take, as a multiple of the least. */
const crowdedSide = 1.25;
/** Objects put over others on purpose cover them by an IoU of at least this. */
const leastOverlap = 0.08;

/** What stands already: the shapes back to front, and their classes. */
export interface Standing {
  readonly placed: readonly Placed[];
  readonly indices: readonly number[];
}

type Size = readonly [width: number, height: number];

function randomSize(rng: SceneRandom, aspect: number, maxSide: number, spread: Spread): Size {
  const side = rng.logUniform(spread.minSide, maxSide);
  const stretch = Math.sqrt(aspect * rng.logUniform(spread.minStretch, spread.maxStretch));
  return [side * stretch, side / stretch];
}

/** A box of that size with its centre near (x, y), moved inside the picture; undefined when it is too large. */
function boxAt(x: number, y: number, [width, height]: Size): Box | undefined {
  if (Math.max(width, height) > 1 - 2 * margin) return undefined;
  const inside = (centre: number, length: number): number =>
    Math.min(1 - margin - length, Math.max(margin, centre - length / 2));
  const [x0, y0] = [inside(x, width), inside(y, height)];
  return [x0, y0, x0 + width, y0 + height];
}

function anywhere(rng: SceneRandom, [width, height]: Size): Box | undefined {
  if (Math.max(width, height) > 1 - 2 * margin) return undefined;
  const x0 = rng.uniform(margin, 1 - margin - width);
  const y0 = rng.uniform(margin, 1 - margin - height);
  return [x0, y0, x0 + width, y0 + height];
}

/** Over another box: the centres are less than half of both sizes apart. */
function over(rng: SceneRandom, [x0, y0, x1, y1]: Box, size: Size): Box | undefined {
  const offset = (length: number, other: number): number => (rng.uniform(-1, 1) * (length + other)) / 2.6;
  return boxAt((x0 + x1) / 2 + offset(size[0], x1 - x0), (y0 + y1) / 2 + offset(size[1], y1 - y0), size);
}

/** To the left or right of its twin, of about its size, touching or nearly so. */
function beside(rng: SceneRandom, [x0, y0, x1, y1]: Box): Box | undefined {
  const scale = rng.uniform(0.9, 1.1);
  const size = [(x1 - x0) * scale, (y1 - y0) * scale] as const;
  const side = rng.chance(0.5) ? 1 : -1;
  const x = (x0 + x1) / 2 + side * rng.uniform(0.7, 1.12) * (x1 - x0);
  return boxAt(x, (y0 + y1) / 2 + rng.uniform(-0.1, 0.1) * (y1 - y0), size);
}

/** True when a box of class `index` may stand among the others. */
function fits(box: Box, index: number, { placed, indices }: Standing, spread: Spread, pairs: Pairs): boolean {
  return placed.every((other, i) => {
    const iou = boxIou(other.box, box);
    if (iou === 0) return true;
    if (!mayOverlap(indices[i], index, pairs))
      return iou <= HELD_OUT_IOU && boxInside(other.box, box) <= 0.06;
    return iou <= spread.maxIou && boxInside(other.box, box) <= spread.maxInside;
  });
}

const withinSpread = ([x0, y0, x1, y1]: Box, aspect: number, spread: Spread): boolean => {
  const [width, height] = [x1 - x0, y1 - y0];
  const [side, stretch] = [Math.sqrt(width * height), width / height / aspect];
  return (
    side >= spread.minSide &&
    side <= limits.maxSide &&
    stretch >= spread.minStretch &&
    stretch <= spread.maxStretch
  );
};

/** Puts a class in front of what stands already, or gives up: no room that keeps the limits was found. */
export function place(
  rng: SceneRandom,
  index: number,
  standing: Standing,
  spread: Spread,
  pairs: Pairs,
): Placed | undefined {
  const { placed: behind, indices } = standing;
  const shape = shapes[index];
  const twin = indices.lastIndexOf(index);
  const twinBox = twin >= 0 && rng.chance(spread.besideChance) ? behind[twin].box : undefined;
  const partners = behind.filter((_, i) => mayOverlap(indices[i], index, pairs));
  const covered =
    !twinBox && partners.length > 0 && rng.chance(spread.overlapChance) ? rng.pick(partners).box : undefined;
  for (let k = 0; k < tries; k++) {
    // Crowded pictures take smaller objects.
    const maxSide = Math.max(crowdedSide * spread.minSide, limits.maxSide * 0.985 ** (k * behind.length));
    const size = randomSize(rng, shape.aspect, maxSide, spread);
    const wished = k < tries / 2;
    let box: Box | undefined;
    if (wished && twinBox) box = beside(rng, twinBox);
    else if (wished && covered) box = over(rng, covered, size);
    else box = anywhere(rng, size);
    if (!box || !withinSpread(box, shape.aspect, spread)) continue;
    if (wished && covered && boxIou(covered, box) < leastOverlap) continue;
    if (!fits(box, index, standing, spread, pairs)) continue;
    const placed: Placed = { shape, box, flip: rng.chance(0.5) };
    const all = [...behind, placed];
    if (behind.every((other, i) => visibleFraction(other, all.slice(i + 1)) >= spread.minVisible))
      return placed;
  }
  return undefined;
}
