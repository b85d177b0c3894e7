import { checkKeys, checkList, checkNumber, checkObject } from '../checks/index.js';
import type { Detection } from '../detector/index.js';
import { iou } from './box.js';

/** Options of `nonMaximumSuppression`. */
export interface SuppressionOptions {
  /** A weaker detection goes when its IoU with a kept one of its label is above this, 0..1. Default 0.5. */
  readonly iouThreshold?: number;
  /** Detections with a lower score go first of all. Default: none go. */
  readonly minScore?: number;
  /** How many to keep at most, over all labels. Default: all. */
  readonly maxDetections?: number;
}

const ANY = { min: -Number.MAX_VALUE, max: Number.MAX_VALUE };

/** Class-wise non-maximum suppression. Returns what is kept, strongest first; equal scores keep their order. */
export function nonMaximumSuppression(
  detections: readonly Detection[],
  options: SuppressionOptions = {},
): Detection[] {
  checkList(detections, 'detections', 'detections').forEach((each, i) => {
    checkNumber(checkObject(each, `detections[${i}]`).score, ANY, `detections[${i}].score`);
  });
  checkKeys(options, ['iouThreshold', 'minScore', 'maxDetections'], 'options');
  const { iouThreshold = 0.5, minScore = -Infinity, maxDetections = Infinity } = options;
  const sorted = detections.filter(({ score }) => score >= minScore).sort((a, b) => b.score - a.score);
  const kept: Detection[] = [];
  for (const candidate of sorted) {
    if (kept.length >= maxDetections) break;
    const hidden = kept.some((k) => k.label === candidate.label && iou(k.box, candidate.box) > iouThreshold);
    if (!hidden) kept.push(candidate);
  }
  return kept;
}
