// Figures over many judged pictures.

import { checkList, checkObjects } from '@spatiallock/core/checks';
import type { JudgedPicture } from './judge.js';
import type { JudgedObject } from './objects.js';

/** Means over objects; NaN where there are none. */
export interface ObjectFigures {
  readonly objects: number;
  readonly meanIou: number;
  readonly success: number;
  /** No other class fits better. */
  readonly first: number;
}

/** Figures over pictures, as `summarise` gives them. */
export interface JudgeSummary extends ObjectFigures {
  readonly pictures: number;
  /** Objects of which others hide more than a tenth. */
  readonly occluded: ObjectFigures;
  /** Objects asked for in a colour, and the share that is there in it. */
  readonly coloured: number;
  readonly colourRight: number;
  /** Of the objects that look different from left and right: the share with a half of each. */
  readonly mixed: number;
  /** Objects that nobody asked for, in 100 pictures. */
  readonly unaskedPer100: number;
  /** The share of pictures with the background asked for. */
  readonly backgroundRight: number;
}

const mean = (values: readonly number[]): number =>
  values.length === 0 ? Number.NaN : values.reduce((sum, value) => sum + value, 0) / values.length;

const share = <T>(items: readonly T[], keep: (item: T) => boolean): number =>
  mean(items.map((item) => (keep(item) ? 1 : 0)));

const figures = (objects: readonly JudgedObject[]): ObjectFigures => ({
  objects: objects.length,
  // What is not there has no place.
  meanIou: mean(objects.map(({ iou, present }) => (present ? iou : 0))),
  success: share(objects, ({ success }) => success),
  first: share(objects, ({ rank, present }) => present && rank === 1),
});

function checkJudged(judged: unknown): void {
  for (const [i, { objects, unasked }] of checkObjects(judged, 'judged', 'judged pictures').entries()) {
    checkObjects(objects, `judged[${i}].objects`, 'judged objects');
    checkList(unasked, `judged[${i}].unasked`, 'sightings');
  }
}

/** Sums up judged pictures; `backgrounds` are the names asked for, in the same order. */
export function summarise(judged: readonly JudgedPicture[], backgrounds: readonly string[]): JudgeSummary {
  checkJudged(judged);
  checkList(backgrounds, 'backgrounds', 'names');
  if (judged.length !== backgrounds.length)
    throw new Error(`backgrounds: holds ${backgrounds.length} names for ${judged.length} pictures`);
  const objects = judged.flatMap((picture) => picture.objects);
  const coloured = objects.filter(({ colourRight }) => colourRight !== undefined);
  return {
    pictures: judged.length,
    ...figures(objects),
    occluded: figures(objects.filter(({ visible }) => visible < 0.9)),
    coloured: coloured.length,
    colourRight: share(coloured, ({ colourRight, present }) => present && colourRight === true),
    mixed: share(
      objects.filter(({ turns, mixed }) => turns || mixed),
      ({ mixed }) => mixed,
    ),
    unaskedPer100: 100 * mean(judged.map(({ unasked }) => unasked.length)),
    backgroundRight: mean(judged.map(({ background }, i) => (background === backgrounds[i] ? 1 : 0))),
  };
}

/** How much pictures of one layout by different seeds differ. */
export interface SeedVariety {
  /** Mean distance of the backgrounds' mean colours, 0..1. */
  readonly tone: number;
  /** 1 when objects that can turn look left as often as right, 0 when all look one way. */
  readonly flips: number;
  /** Mean standard deviation of the found edges, as a part of the box's side. */
  readonly edges: number;
}

/** The variety of at least two judged pictures of one layout. */
export function varietyOf(judged: readonly JudgedPicture[]): SeedVariety {
  checkJudged(judged);
  if (judged.length < 2) throw new Error(`judged: holds ${judged.length} pictures; variety needs at least 2`);
  const [{ objects: asked }] = judged;
  for (const [i, { objects }] of judged.entries()) {
    if (objects.length === asked.length) continue;
    throw new Error(
      `judged[${i}].objects: holds ${objects.length}, judged[0] ${asked.length}; variety needs pictures of one layout`,
    );
  }
  const distances = judged.flatMap(({ tone: a }, i) =>
    judged
      .slice(i + 1)
      .map(({ tone: b }) => Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]) / (255 * Math.sqrt(3))),
  );
  const slots = asked.map((_, k) => judged.map(({ objects }) => objects[k]).filter(({ present }) => present));
  const turning = slots.filter((slot) => slot.some(({ turns }) => turns));
  const edges = slots.flatMap((slot) => {
    if (slot.length < 2) return [];
    const boxes = slot.map(({ pose }) => pose.box);
    const width = mean(boxes.map(([x0, , x1]) => x1 - x0));
    const height = mean(boxes.map(([, y0, , y1]) => y1 - y0));
    return [0, 1, 2, 3].map((edge) => std(boxes.map((box) => box[edge])) / (edge % 2 === 0 ? width : height));
  });
  return {
    tone: mean(distances),
    flips: mean(
      turning.map((slot) => {
        const left = share(slot, ({ pose }) => pose.flip);
        return 4 * left * (1 - left);
      }),
    ),
    edges: mean(edges),
  };
}

function std(values: readonly number[]): number {
  const middle = mean(values);
  return Math.sqrt(mean(values.map((value) => (value - middle) ** 2)));
}
