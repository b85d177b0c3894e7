import type { ImageSize, LabelledBox } from '@spatiallock/core';
import { checkBenchmarkPictures } from '../checkArguments.js';
import { type CocoSummary, evaluateDetections, type InstanceFigures } from '../metrics/index.js';
import { type LayoutScore, layoutScore } from './layoutScore.js';
import { type MigScore, migScore } from './migScore.js';
import { type OverlapPicture, type OverlapScore, overlapScore } from './overlapScore.js';
import type { ColouredPicture } from './types.js';

/** What one set of pictures reaches by the rules of several benchmarks. */
export interface BenchmarkScores extends InstanceFigures {
  readonly pictures: number;
  readonly instances: number;
  /** COCO's figures of the detector that looks for the boxes asked for: GLIGEN's YOLO score (arXiv 2301.07093, section 5). */
  readonly coco: Pick<CocoSummary, 'AP' | 'AP50' | 'AP75' | 'AR'>;
  readonly layout: LayoutScore;
  readonly overlap: OverlapScore;
  readonly mig: MigScore;
}

/** A picture with regions of many objects that nobody counted. */
export interface CrowdedPicture {
  /** By the detector's labels. COCO's figures pass over what is seen there; the others do not know of them. */
  readonly crowds?: readonly Pick<LabelledBox, 'label' | 'box'>[];
}

/**
 * All scores of pictures; `imageSize` are the pixels of those that have no `size` of their own. An object that the detector has no label for counts as not found. In a picture
 * without objects all that is seen is wrong, by COCO's rules; the others do not know such pictures.
 * Throws where there is no object at all.
 */
export function benchmarkScores(
  pictures: readonly (ColouredPicture & OverlapPicture & CrowdedPicture)[],
  imageSize: ImageSize,
): BenchmarkScores {
  checkBenchmarkPictures(pictures);
  const evaluated = pictures.map(({ objects, detections, size, crowds = [] }) => ({
    truth: [
      ...objects.map(({ box, label, phrase }) => ({ box, label: label ?? `no label: ${phrase}` })),
      ...crowds.map(({ box, label }) => ({ box, label, crowd: true })),
    ],
    detections,
    ...(size === undefined ? {} : { size }),
  }));
  const { AP, AP50, AP75, AR, instances, meanIoU, instanceSuccessRate } = evaluateDetections(evaluated, {
    imageSize,
  });
  const asking = pictures.filter(({ objects }) => objects.length > 0);
  const [layout, overlap, mig] = [layoutScore(asking), overlapScore(asking), migScore(asking)];
  if (!layout || !overlap || !mig) throw new Error('pictures: there is none to score');
  return {
    pictures: pictures.length,
    instances,
    meanIoU,
    instanceSuccessRate,
    coco: { AP, AP50, AP75, AR },
    layout,
    overlap,
    mig,
  };
}
