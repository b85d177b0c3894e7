// Whether a painted picture deserves its labels.

import { type Detection, iou } from '@spatiallock/core';
import { MIN_SCORE, matchInstances } from '@spatiallock/evaluation';
import type { DatasetLayout } from './sources.js';

export interface Judgement {
  /** For each object its overlap, 0 where it was not seen, null where the detector does not know its class. */
  readonly ious: readonly (number | null)[];
  readonly unasked: readonly Detection[];
  readonly passed: boolean;
}

/** Objects that nobody asked for count from this score: weaker ones are often parts of those that are there. */
const UNASKED_SCORE = 0.5;
/** One that overlaps an object of the layout so much is another name for it. */
const SAME_PLACE = 0.5;

/** The overlap that an object of a class must reach. */
export type LeastIou = (label: string) => number;

/** Judges one picture by what a detector saw; `labels`: all that it can see. */
export function judgePicture(
  { layout: { objects }, labels }: Pick<DatasetLayout, 'layout' | 'labels'>,
  detections: readonly Detection[],
  known: readonly string[],
  least: LeastIou,
): Judgement {
  const seen = detections.filter(({ score }) => score >= MIN_SCORE);
  const asked = objects.map(({ box }, i) => ({ box, label: labels[i]! }));
  const matches = matchInstances(asked, seen);
  const ious = matches.map((match, i) => (known.includes(labels[i]!) ? match.iou : null));
  const taken = new Set(matches.map(({ detection }) => detection));
  const unasked = seen.filter(
    (detection, i) =>
      !taken.has(i) &&
      detection.score >= UNASKED_SCORE &&
      asked.every(({ box }) => iou(box, detection.box) < SAME_PLACE),
  );
  return { ious, unasked, passed: ious.every((each, i) => each === null || each >= least(labels[i]!)) };
}

/** The better of two: more objects that reach their overlap, then fewer that nobody asked for, then more overlap. */
export function isBetter(a: Judgement, b: Judgement, labels: readonly string[], least: LeastIou): boolean {
  const rank = ({ ious, unasked }: Judgement): number[] => [
    ious.filter((each, i) => each === null || each >= least(labels[i]!)).length,
    -unasked.length,
    ious.reduce<number>((sum, each) => sum + (each ?? 0), 0),
  ];
  const [left, right] = [rank(a), rank(b)];
  const at = left.findIndex((value, i) => value !== right[i]);
  return at >= 0 && left[at]! > right[at]!;
}
