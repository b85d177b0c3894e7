// A trained detector on real scenes that it never saw.

import type { RgbImage } from '@spatiallock/core';
import { type Art, renderBatch, type Variety } from '@spatiallock/scenes';
import { seedRanges } from '../../model-emoji/recipe/settings.js';
import { type Evaluation, evaluateDetections, type TrainedDetector } from '../src/index.js';

export interface SceneFigures {
  readonly images: number;
  readonly instances: number;
  readonly meanIoU: number;
  readonly instanceSuccessRate: number;
  readonly AP50: number;
  readonly AP: number;
}

/** Judges `count` held-out scenes of a variety, of all (class, background) pairs. */
export async function evaluateOnScenes(
  detector: Pick<TrainedDetector<unknown>, 'detectMany'>,
  art: Art,
  count: number,
  variety: Variety = 'plain',
): Promise<Evaluation> {
  const seeds = Array.from({ length: count }, (_, k) => seedRanges.detector + k);
  const { images, plans, size } = renderBatch(art, seeds, { split: 'heldout', pairs: 'any', variety });
  const bytes = 3 * size * size;
  const pictures = plans.map(
    (_, n): RgbImage => ({
      width: size,
      height: size,
      channels: 3,
      data: new Uint8ClampedArray(images.buffer, images.byteOffset + n * bytes, bytes),
    }),
  );
  const detections = await detector.detectMany(pictures);
  return evaluateDetections(plans.map(({ objects }, n) => ({ truth: objects, detections: detections[n] })));
}

export function sceneFigures({
  images,
  instances,
  meanIoU,
  instanceSuccessRate,
  AP50,
  AP,
}: Evaluation): SceneFigures {
  return { images, instances, meanIoU, instanceSuccessRate, AP50, AP };
}
