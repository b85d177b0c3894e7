// The layout score of 7Bench, C-Bench and O-Bench.

import { checkNumber } from '@spatiallock/core/checks';
import { checkBenchmarkPictures } from '../checkArguments.js';
import { cornersIou, inPixels, truncated } from './pixelBoxes.js';
import type { BenchmarkPicture } from './types.js';

/** Overlaps from which an object counts as placed. */
export const layoutThresholds = [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1] as const;

/** The layout score of 7Bench, C-Bench and O-Bench, 0..1, and the accuracy at each threshold. */
export interface LayoutScore {
  /** The area below `accuracy` over its thresholds, 0..1. */
  readonly score: number;
  /** Mean over the pictures of the share of objects with an IoU of at least each of `layoutThresholds`. */
  readonly accuracy: readonly number[];
}

/**
 * The layout score: for each picture the share of objects whose best detection reaches an IoU of 0, 0.1 ... 1, the area
 * below these eleven shares by the trapezoidal rule, and the mean over the pictures.
 *
 * Source: eval/tifa_test.py of github.com/lparolari/cobench (arXiv 2604.25358; the same protocol as 7Bench, arXiv
 * 2508.12919), rule by rule: boxes in pixels of `side` (512), detections truncated to whole ones; both edges of a box count;
 * objects of one picture with the same phrase are one, with the last one's box; of the detections of an object, of
 * whatever score, the greatest IoU counts, rounded to six digits; a picture without any detection of its objects has no share at any threshold,
 * not even at 0. Returns undefined for no picture.
 */
export function layoutScore(pictures: readonly BenchmarkPicture[], side = 512): LayoutScore | undefined {
  checkNumber(side, { min: 1, max: 1e6 }, 'side');
  checkBenchmarkPictures(pictures);
  if (pictures.length === 0) return undefined;
  const rows = pictures.map((picture) => accuraciesOf(picture, side));
  const accuracy = layoutThresholds.map((_, k) => mean(rows.map((row) => row[k]!)));
  return { score: mean(rows.map(areaBelow)), accuracy };
}

function accuraciesOf(picture: BenchmarkPicture, side: number): number[] {
  const ious = bestIous(picture, side);
  if (ious === undefined) return layoutThresholds.map(() => 0);
  return layoutThresholds.map((least) => mean(ious.map((iou) => (iou >= least ? 1 : 0))));
}

/** For each phrase the greatest IoU; undefined where none of the objects was seen at all. */
function bestIous({ objects, detections }: BenchmarkPicture, side: number): number[] | undefined {
  const byPhrase = new Map(objects.map((object) => [object.phrase, object]));
  const found = [...byPhrase.values()].map(({ box, label }) => {
    const own = detections.filter((detection) => detection.label === label);
    const truth = truncated(inPixels(box, side));
    return own.map(({ box: seen }) => cornersIou(truncated(inPixels(seen, side)), truth, true));
  });
  if (found.every((ious) => ious.length === 0)) return undefined;
  return found.map((ious) => rounded(Math.max(0, ...ious)));
}

/** Six digits behind the point, halves to the even digit, as Python's `round` does. */
export function rounded(value: number): number {
  const half = value * 128;
  if (!Number.isInteger(half) || half % 2 === 0) return Number(value.toFixed(6));
  const below = Math.floor(value * 1e6);
  return (below % 2 === 0 ? below : below + 1) / 1e6;
}

function areaBelow(accuracies: readonly number[]): number {
  const steps = accuracies.slice(1).map((value, i) => {
    const width = layoutThresholds[i + 1]! - layoutThresholds[i]!;
    return (width * (value + accuracies[i]!)) / 2;
  });
  return steps.reduce((sum, area) => sum + area, 0);
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;
