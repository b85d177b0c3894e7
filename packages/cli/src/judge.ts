// What a detector sees of the objects that were asked for.

import type { Box, Layout } from '@spatiallock/core';
import { type Detection, type Detector, matchInstances, type RgbImage } from '@spatiallock/detectors';
import { labelOf } from './labels.js';

/** A detector that takes many pictures at once. */
export interface Judge extends Detector {
  detectMany(images: readonly RgbImage[]): Promise<Detection[][]>;
}

/** The weakest detection that counts as seeing an object; `evaluateDetections` uses the same. */
export const MIN_SCORE = 0.3;

export interface Sighting {
  readonly label: string;
  readonly box: Box;
  /** The detector's confidence, 0..1. */
  readonly score: number;
  /** Overlap with the box asked for, 0..1. */
  readonly iou: number;
}

/** An object as asked for, and how it was found. */
export interface JudgedObject {
  readonly phrase: string;
  readonly box: Box;
  /** Null: the detector knows the object, and saw none. Absent: no detector at hand knows it. */
  readonly detector?: Sighting | null;
}

/** Pairs the objects of a layout with detections, one to one within a class, for the greatest total IoU. */
export function judgeObjects(
  objects: Layout['objects'],
  labels: readonly string[],
  detections: readonly Detection[],
): JudgedObject[] {
  const named = objects.map(({ phrase, box }) => ({ phrase, box, label: labelOf(phrase) }));
  const known = named.flatMap(({ label, box }, index) =>
    label !== undefined && labels.includes(label) ? [{ label, box, index }] : [],
  );
  const seen = detections.filter(({ score }) => score >= MIN_SCORE);
  const matches = matchInstances(known, seen);
  const sightings = new Map(known.map(({ index }, k) => [index, sighting(matches[k], seen)]));
  return named.map(({ phrase, box }, index) => {
    const found = sightings.get(index);
    return found === undefined ? { phrase, box } : { phrase, box, detector: found };
  });
}

function sighting(match: { detection: number; iou: number }, seen: readonly Detection[]): Sighting | null {
  const detection = seen[match.detection];
  if (detection === undefined) return null;
  return { label: detection.label, box: detection.box, score: detection.score, iou: match.iou };
}
