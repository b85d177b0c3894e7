// What a detector sees of the objects that were asked for.

import type { Box, Detection, LayoutObject, OpenDetector, RgbImage } from '@spatiallock/core';
import { MIN_SCORE } from './metrics/evaluate.js';
import { matchInstances } from './metrics/instances.js';

/** A detector that takes many pictures at once, and so judges many objects. */
export interface Judge extends OpenDetector {
  detectMany(images: readonly RgbImage[]): Promise<Detection[][]>;
}

export interface Sighting {
  readonly label: string;
  readonly box: Box;
  /** The detector's confidence, 0..1. */
  readonly score: number;
  /** Overlap with the box asked for, 0..1. */
  readonly iou: number;
}

/** An object as asked for, and how it was found. */
export interface JudgedObject extends LayoutObject {
  /** Null: the detector knows the object, and saw none. Absent: no detector at hand knows it. */
  readonly detector?: Sighting | null;
}

/**
 * Pairs objects with detections of their class, one to one, for the greatest total IoU.
 * `labels`: for each object its class, undefined where the detector knows none for it.
 */
export function judgeObjects(
  objects: readonly LayoutObject[],
  labels: readonly (string | undefined)[],
  detections: readonly Detection[],
): JudgedObject[] {
  const known = objects.flatMap(({ box }, index) => {
    const label = labels[index];
    return label === undefined ? [] : [{ label, box, index }];
  });
  const seen = detections.filter(({ score }) => score >= MIN_SCORE);
  const matches = matchInstances(known, seen);
  const sightings = new Map(known.map(({ index }, k) => [index, sighting(matches[k], seen)]));
  return objects.map((object, index) => {
    const found = sightings.get(index);
    return found === undefined ? { ...object } : { ...object, detector: found };
  });
}

function sighting(match: { detection: number; iou: number }, seen: readonly Detection[]): Sighting | null {
  const detection = seen[match.detection];
  if (detection === undefined) return null;
  return { label: detection.label, box: detection.box, score: detection.score, iou: match.iou };
}
