// How sure a detector has to be: false alarms against missed objects on pictures whose objects are known.

import { type EvaluatedImage, matchInstances } from '@spatiallock/evaluation';

export interface PrecisionRecall {
  readonly precision: number;
  readonly recall: number;
  /** Harmonic mean of both. */
  readonly f1: number;
}

const FOUND = 0.5;

/**
 * Precision, recall and F1, 0..1, of detections with a score of at least `minScore`; an object is found by its class at an
 * IoU of at least 0.5. Throws where no picture holds an object.
 */
export function precisionRecall(pictures: readonly EvaluatedImage[], minScore: number): PrecisionRecall {
  let [objects, seen, found] = [0, 0, 0];
  for (const { truth, detections } of pictures) {
    const strong = detections.filter(({ score }) => score >= minScore);
    objects += truth.length;
    seen += strong.length;
    found += matchInstances(truth, strong).filter(({ iou }) => iou >= FOUND).length;
  }
  if (objects === 0) throw new Error('pictures: hold no object');
  const [precision, recall] = [seen === 0 ? 1 : found / seen, found / objects];
  return { precision, recall, f1: (2 * found) / (seen + objects) };
}
