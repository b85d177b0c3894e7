// Whether a painted picture deserves its labels.

import type { Detection } from '@spatiallock/core';
import { matchAsked } from '@spatiallock/evaluation';
import type { DatasetLayout } from './sources.js';

export interface Judgement {
  /** For each object its overlap, 0 where it was not seen, null where the detector does not know its class. */
  readonly ious: readonly (number | null)[];
  readonly unasked: readonly Detection[];
  readonly passed: boolean;
}

/** The overlap that an object of a class must reach. */
export type LeastIou = (label: string) => number;

/** Judges one picture by what a detector saw; `labels`: all that it can see. */
export function judgePicture(
  { layout: { objects }, labels }: Pick<DatasetLayout, 'layout' | 'labels'>,
  detections: readonly Detection[],
  known: readonly string[],
  least: LeastIou,
): Judgement {
  const asked = objects.map(({ box }, i) => ({ box, label: labels[i]! }));
  const { matches, unasked } = matchAsked(asked, detections);
  const ious = matches.map((match, i) => (known.includes(labels[i]!) ? match.iou : null));
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
