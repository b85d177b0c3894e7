import type { ImageSize } from '@spatiallock/core';
import { checkKeys, checkNumber, showValue } from '@spatiallock/core/checks';
import { type CocoSummary, cocoSummary, type LabelPrecision } from './coco.js';
import { matchInstances } from './instances.js';
import type { EvaluatedImage } from './types.js';
import { validateImages, validateSize } from './validate.js';

/** Weakest score that counts as seeing an object, where nothing else is said. */
export const MIN_SCORE = 0.3;

/** Options of `evaluateDetections`. */
export interface EvaluationOptions {
  /**
   * Pixels of the images, for those that have no `size` of their own. Overlaps and areas are computed in them, as
   * pycocotools does; give the true size, so that overlaps of whole pixels fall on COCO's thresholds. An object is small
   * up to 32^2 pixels, medium up to 96^2 and large beyond. Default 640 x 480, COCO's usual size, where small ends at
   * 0.33 % of the image and medium at 3 %.
   */
  readonly imageSize?: ImageSize;
  /** Detections that AP and AR count per image and label, strongest first. Default 100, as in COCO. */
  readonly maxDetections?: number;
  /**
   * Weakest score that counts for mean IoU and instance success rate. Default 0.3: these two have no penalty for
   * false alarms, so a detector must not be allowed to guess. AP and AR use every detection.
   */
  readonly minScore?: number;
  /** IoU from which an object that was found counts as placed for the instance success rate. Default 0.5. */
  readonly successIoU?: number;
}

/** Figures over the objects asked for, all in 0..1. */
export interface InstanceFigures {
  /** Mean over the objects of the IoU with their detection, 0 for those not found. */
  readonly meanIoU: number;
  /** Share of the objects found with the right label and an IoU of at least `successIoU`. */
  readonly instanceSuccessRate: number;
}

/** The figures of one label. */
export interface LabelEvaluation extends LabelPrecision, InstanceFigures {
  readonly instances: number;
}

/** COCO's figures, mean IoU and success rate over all objects, and for each label. */
export interface Evaluation extends CocoSummary, InstanceFigures {
  readonly images: number;
  /** Objects asked for, crowds not counted. */
  readonly instances: number;
  /** The same for each label asked for, in alphabetical order. */
  readonly labels: readonly LabelEvaluation[];
}

const SCORE = { min: -Number.MAX_VALUE, max: Number.MAX_VALUE };
const OPTIONS = [
  'imageSize',
  'maxDetections',
  'minScore',
  'successIoU',
] as const satisfies readonly (keyof EvaluationOptions)[];

/**
 * Compares detections with the ground truth.
 *
 * Mean IoU and instance success rate pair the objects of an image with detections of the same label by the one-to-one
 * matching of greatest total IoU (`matchInstances`); AP and AR follow COCO's definition. Crowd regions are no instances.
 * Throws where a box, score or option is malformed, and where there is no object at all.
 *
 * @example
 * ```ts
 * import { evaluateDetections } from '@spatiallock/evaluation';
 *
 * const truth = [{ label: 'dog', box: [0, 0, 0.5, 0.5] as const }];
 * const detections = [{ label: 'dog', box: [0, 0, 0.5, 0.4] as const, score: 0.9 }];
 * const { meanIoU, AP50 } = evaluateDetections([{ truth, detections }]);
 * ```
 */
export function evaluateDetections(
  images: readonly EvaluatedImage[],
  options: EvaluationOptions = {},
): Evaluation {
  checkKeys(options, OPTIONS, 'options');
  const { imageSize = { width: 640, height: 480 }, maxDetections = 100 } = options;
  const { minScore = MIN_SCORE, successIoU = 0.5 } = options;
  validateSize(imageSize, 'options.imageSize');
  checkNumber(minScore, SCORE, 'options.minScore');
  checkNumber(successIoU, { min: 0, max: 1 }, 'options.successIoU');
  if (!Number.isInteger(maxDetections) || maxDetections < 1) {
    throw new Error(
      `options.maxDetections: must be a whole number of at least 1, is ${showValue(maxDetections)}`,
    );
  }
  validateImages(images);
  const instances = images.flatMap((image) =>
    foundInstances({ ...image, size: image.size ?? imageSize }, minScore),
  );
  if (instances.length === 0) {
    throw new Error(
      'images: no object to find in any truth list, so no figure is defined; add labelled boxes',
    );
  }
  const { summary, labels } = cocoSummary(images, { imageSize, maxDetections });
  return {
    images: images.length,
    instances: instances.length,
    ...instanceFigures(instances, successIoU),
    ...summary,
    labels: labels.map((label) => {
      const own = instances.filter((instance) => instance.label === label.label);
      return { ...label, instances: own.length, ...instanceFigures(own, successIoU) };
    }),
  };
}

interface FoundInstance {
  readonly label: string;
  readonly iou: number;
}

function foundInstances({ truth, detections, size }: EvaluatedImage, minScore: number): FoundInstance[] {
  const objects = truth.filter(({ crowd }) => !crowd);
  const seen = detections.filter(({ score }) => score >= minScore);
  return matchInstances(objects, seen, size).map(({ iou }, i) => ({ label: objects[i].label, iou }));
}

function instanceFigures(instances: readonly FoundInstance[], successIoU: number): InstanceFigures {
  const total = instances.reduce((sum, { iou }) => sum + iou, 0);
  const placed = instances.filter(({ iou }) => iou > 0 && iou >= successIoU).length;
  return { meanIoU: total / instances.length, instanceSuccessRate: placed / instances.length };
}
