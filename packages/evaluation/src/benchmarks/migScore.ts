// COCO-MIG: instances in their boxes and in their colours.

import type { Detection } from '@spatiallock/core';
import { checkKeys, checkList, checkNumber } from '@spatiallock/core/checks';
import { nonMaximumSuppression } from '@spatiallock/core/geometry';
import { checkBenchmarkPictures } from '../checkArguments.js';
import { cornersIou, inPixels } from './pixelBoxes.js';
import type { BenchmarkObject, ColouredPicture } from './types.js';

/** Figures of some pictures, 0..1. */
export interface MigFigures {
  readonly pictures: number;
  readonly instances: number;
  /** Share of the instances that stand in their boxes, in their colours. */
  readonly instanceSuccessRate: number;
  /** Share of the pictures in which all instances do. */
  readonly imageSuccessRate: number;
  /** Mean IoU; 0 for an instance whose place is right and whose colour is not. */
  readonly meanIoU: number;
  /** Of the instances that stand in their boxes, the share with the right colour; undefined without any. */
  readonly colourRate: number | undefined;
}

/** COCO-MIG's figures over all pictures, and for each number of instances. */
export interface MigScore extends MigFigures {
  /** By the number of instances of a picture, ascending. The benchmark has levels of 2 to 6. */
  readonly levels: readonly (MigFigures & { readonly level: number })[];
}

const PLACED = 0.5;
/** The least share of an object's pixels in its colour. */
export const COLOURED = 0.2;
const SUPPRESSION = 0.8;

interface JudgedInstance {
  readonly placed: boolean;
  readonly coloured: boolean;
  readonly iou: number;
}

/**
 * COCO-MIG's scores. Source: eval_mig.py of github.com/LeyRio/MIG_Bench (arXiv 2402.05408), rule by rule: detections of an
 * instance's class from a score of `minScore` (0.25), thinned out above an IoU of 0.8; the greatest IoU with the box counts,
 * whichever other instance it serves; from 0.5 the instance is placed, and then at least 0.2 of its pixels must have the
 * colour by HSV, or its IoU is 0. Unlike the benchmark, whose pixels are a segmentation by SAM from the box, pixels are what
 * `colourShares` was given. An object without a colour word is judged by its place alone. Returns undefined for no picture.
 */
export function migScore(
  pictures: readonly ColouredPicture[],
  options: { readonly minScore?: number } = {},
): MigScore | undefined {
  checkBenchmarkPictures(pictures);
  for (const [i, { objects, colourShares }] of pictures.entries()) {
    const { length } = checkList(colourShares, `pictures[${i}].colourShares`, 'shares');
    // An object without a share is judged by its place alone.
    if (length === 0 || length === objects.length) continue;
    throw new Error(
      `pictures[${i}].colourShares: ${length} shares for ${objects.length} objects; give one for each, or none`,
    );
  }
  const { minScore = 0.25 } = checkKeys(options, ['minScore'], 'options') as typeof options;
  checkNumber(minScore, { min: 0, max: 1 }, 'options.minScore');
  if (pictures.length === 0) return undefined;
  const judged = pictures.map((picture) => {
    const seen = nonMaximumSuppression(picture.detections, { iouThreshold: SUPPRESSION, minScore });
    return picture.objects.map((object, i) => judge(object, seen, picture.colourShares[i]));
  });
  const counts = [...new Set(judged.map(({ length }) => length))].sort((a, b) => a - b);
  const levels = counts.map((level) => ({
    level,
    ...figures(judged.filter(({ length }) => length === level)),
  }));
  return { ...figures(judged), levels };
}

function judge(
  { box, label }: BenchmarkObject,
  detections: readonly Detection[],
  colourShare: number | undefined,
): JudgedInstance {
  const truth = inPixels(box, 512);
  const own = detections.filter((detection) => detection.label === label);
  const iou = Math.max(0, ...own.map((detection) => cornersIou(inPixels(detection.box, 512), truth)));
  if (iou < PLACED) return { placed: false, coloured: false, iou };
  const coloured = colourShare === undefined || colourShare >= COLOURED;
  return { placed: true, coloured, iou: coloured ? iou : 0 };
}

function figures(judged: readonly (readonly JudgedInstance[])[]): MigFigures {
  const instances = judged.flat();
  const placed = instances.filter((instance) => instance.placed);
  const right = placed.filter(({ coloured }) => coloured).length;
  const whole = judged.filter((own) => own.every((each) => each.placed && each.coloured)).length;
  const total = instances.reduce((sum, { iou }) => sum + iou, 0);
  return {
    pictures: judged.length,
    instances: instances.length,
    instanceSuccessRate: share(right, instances.length) ?? 0,
    imageSuccessRate: whole / judged.length,
    meanIoU: share(total, instances.length) ?? 0,
    colourRate: share(right, placed.length),
  };
}

const share = (part: number, whole: number): number | undefined => (whole === 0 ? undefined : part / whole);
