// Matches detections with the objects that were asked for.

import type { Box, Detection, LayoutObject, OpenDetector, RgbImage } from '@spatiallock/core';
import { checkList, checkObjects } from '@spatiallock/core/checks';
import { checkDetections } from './checkArguments.js';
import { MIN_SCORE } from './metrics/evaluate.js';
import { matchInstances } from './metrics/instances.js';

/** A detector that takes batches of pictures; evaluation measures with it. */
export interface Evaluator extends OpenDetector {
  detectMany(images: readonly RgbImage[]): Promise<Detection[][]>;
}

/** The detection that was matched with an object. */
export interface ObjectMatch {
  readonly label: string;
  readonly box: Box;
  /** The detector's confidence, 0..1. */
  readonly score: number;
  /** Overlap with the box asked for, 0..1. */
  readonly iou: number;
}

/** An object as asked for, and how it was found. */
export interface EvaluatedObject extends LayoutObject {
  /** Null: the detector knows the class and found no such object. Absent: no detector knows the class. */
  readonly detector?: ObjectMatch | null;
}

/**
 * Pairs objects with detections of their class, one to one, for the greatest total IoU.
 * `labels`: for each object its class, undefined where the detector knows none for it.
 *
 * @example
 * ```ts
 * import { matchObjects } from '@spatiallock/evaluation';
 *
 * const objects = [{ phrase: 'a red dog', box: [0, 0, 0.5, 0.5] as const }];
 * const detections = [{ label: 'dog', box: [0, 0, 0.5, 0.4] as const, score: 0.9 }];
 * const [dog] = matchObjects(objects, ['dog'], detections);
 * console.log(dog?.detector?.iou); // 0.8
 * ```
 */
export function matchObjects(
  objects: readonly LayoutObject[],
  labels: readonly (string | undefined)[],
  detections: readonly Detection[],
): EvaluatedObject[] {
  checkObjects(objects, 'objects', 'objects');
  checkList(labels, 'labels', 'labels');
  checkDetections(detections, 'detections');
  const known = objects.flatMap(({ box }, index) => {
    const label = labels[index];
    return label === undefined ? [] : [{ label, box, index }];
  });
  const seen = detections.filter(({ score }) => score >= MIN_SCORE);
  const matches = matchInstances(known, seen);
  const found = new Map(known.map(({ index }, k) => [index, matchOf(matches[k], seen)]));
  return objects.map((object, index) => {
    const match = found.get(index);
    return match === undefined ? { ...object } : { ...object, detector: match };
  });
}

function matchOf(match: { detection: number; iou: number }, seen: readonly Detection[]): ObjectMatch | null {
  const detection = seen[match.detection];
  if (detection === undefined) return null;
  return { label: detection.label, box: detection.box, score: detection.score, iou: match.iou };
}
