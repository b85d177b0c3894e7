import type { ImageSize } from '@spatiallock/core';
import { type LabelCurve, labelCurve } from './coco-curve.js';
import {
  AREA_RANGES,
  type AreaRange,
  IOU_THRESHOLDS,
  type MatchedImage,
  matchImage,
} from './coco-matching.js';
import { type PixelDetection, type PixelObject, pixelDetection, pixelObject } from './pixels.js';
import type { EvaluatedImage } from './types.js';

/** COCO's twelve figures, 0..1. A size range that holds no object has null. */
export interface CocoSummary {
  /** Mean over labels and IoU thresholds 0.50 to 0.95 of the average precision. */
  readonly AP: number;
  readonly AP50: number;
  readonly AP75: number;
  readonly APSmall: number | null;
  readonly APMedium: number | null;
  readonly APLarge: number | null;
  /** Mean over labels and thresholds of the recall with at most `maxDetections` per image and label. */
  readonly AR: number;
  /** The same with one detection per image and label, and with ten. */
  readonly AR1: number;
  readonly AR10: number;
  readonly ARSmall: number | null;
  readonly ARMedium: number | null;
  readonly ARLarge: number | null;
}

/** Average precision of one label. */
export interface LabelPrecision {
  readonly label: string;
  readonly AP: number;
  readonly AP50: number;
}

export interface CocoOptions {
  readonly imageSize: ImageSize;
  readonly maxDetections: number;
}

/**
 * COCO's average precision and recall over a set of images, with the figures of each label.
 *
 * Only labels that have an object to find count, as in COCO: detections of other labels are no false alarms.
 * Needs at least one object that is not a crowd.
 */
export function cocoSummary(
  images: readonly EvaluatedImage[],
  options: CocoOptions,
): { summary: CocoSummary; labels: LabelPrecision[] } {
  const { maxDetections } = options;
  const groups = byLabel(images, options.imageSize);
  const judge = (range: AreaRange) =>
    groups.map(({ label, cells }) => ({
      label,
      images: cells.map((cell) => matchImage(cell.truth, cell.detections, range, maxDetections)),
    }));
  const all = judge(AREA_RANGES.all);
  const curves = all.flatMap(({ label, images }) => {
    const curve = labelCurve(images, maxDetections);
    return curve ? [{ label, curve }] : [];
  });
  const whole = curves.map(({ curve }) => curve);
  const few = (limit: number) => meanRecall(curvesOf(all, Math.min(limit, maxDetections))) ?? 0;
  const small = curvesOf(judge(AREA_RANGES.small), maxDetections);
  const medium = curvesOf(judge(AREA_RANGES.medium), maxDetections);
  const large = curvesOf(judge(AREA_RANGES.large), maxDetections);
  return {
    summary: {
      AP: meanPrecision(whole) ?? 0,
      AP50: meanPrecision(whole, 0.5) ?? 0,
      AP75: meanPrecision(whole, 0.75) ?? 0,
      APSmall: meanPrecision(small),
      APMedium: meanPrecision(medium),
      APLarge: meanPrecision(large),
      AR: meanRecall(whole) ?? 0,
      AR1: few(1),
      AR10: few(10),
      ARSmall: meanRecall(small),
      ARMedium: meanRecall(medium),
      ARLarge: meanRecall(large),
    },
    labels: curves.map(({ label, curve }) => ({
      label,
      AP: meanPrecision([curve]) ?? 0,
      AP50: meanPrecision([curve], 0.5) ?? 0,
    })),
  };
}

interface Cell {
  readonly truth: PixelObject[];
  readonly detections: PixelDetection[];
}

/** The objects and detections of each label that is asked for anywhere, image by image. */
function byLabel(
  images: readonly EvaluatedImage[],
  imageSize: ImageSize,
): { label: string; cells: Cell[] }[] {
  const labels = new Map<string, Cell[]>();
  for (const { truth } of images) for (const { label } of truth) labels.set(label, []);
  for (const { truth, detections, size = imageSize } of images) {
    const cells = new Map<string, Cell>();
    const cellOf = (label: string): Cell => {
      const cell = cells.get(label) ?? { truth: [], detections: [] };
      cells.set(label, cell);
      return cell;
    };
    for (const object of truth) cellOf(object.label).truth.push(pixelObject(object, size));
    for (const detection of detections) {
      cellOf(detection.label).detections.push(pixelDetection(detection, size));
    }
    for (const [label, cell] of cells) labels.get(label)?.push(cell);
  }
  return [...labels].sort(([a], [b]) => (a < b ? -1 : 1)).map(([label, cells]) => ({ label, cells }));
}

function curvesOf(
  labels: readonly { images: readonly MatchedImage[] }[],
  maxDetections: number,
): LabelCurve[] {
  return labels.flatMap(({ images }) => labelCurve(images, maxDetections) ?? []);
}

function meanPrecision(curves: readonly LabelCurve[], threshold?: number): number | null {
  const at = threshold === undefined ? undefined : IOU_THRESHOLDS.indexOf(threshold);
  return mean(curves.flatMap(({ averagePrecision: ap }) => (at === undefined ? ap : [ap[at]])));
}

function meanRecall(curves: readonly LabelCurve[]): number | null {
  return mean(curves.flatMap(({ recall }) => recall));
}

function mean(values: readonly number[]): number | null {
  return values.length > 0 ? values.reduce((sum, value) => sum + value, 0) / values.length : null;
}
