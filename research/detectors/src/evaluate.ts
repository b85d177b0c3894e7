// A trained detector on real scenes that it never saw.

import type { RgbImage } from '@spatiallock/core';
import { defaultCenterConfig, type TrainedDetector } from '@spatiallock/detectors';
import { type EvaluatedImage, type Evaluation, evaluateDetections } from '@spatiallock/evaluation';
import { seedRanges } from '@spatiallock/research-harness';
import { type Art, renderBatch, type SceneOptions, type Variety } from '@spatiallock/scenes';

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
  detector: ManyAtOnce,
  art: Art,
  count: number,
  variety: Variety = 'plain',
): Promise<Evaluation> {
  const scenes = { split: 'heldout', pairs: 'any', variety, size: defaultCenterConfig.image_size } as const;
  return evaluateDetections(
    await detectOnScenes(detector, art, { count, firstSeed: seedRanges.detector, scenes }),
  );
}

type ManyAtOnce = Pick<TrainedDetector<unknown>, 'detectMany'>;

export interface ScenesToDetect {
  readonly count: number;
  readonly firstSeed: number;
  readonly scenes: SceneOptions;
}

/** What stands in scenes, and what a detector sees in them. */
export async function detectOnScenes(
  detector: ManyAtOnce,
  art: Art,
  { count, firstSeed, scenes }: ScenesToDetect,
): Promise<EvaluatedImage[]> {
  const seeds = Array.from({ length: count }, (_, k) => firstSeed + k);
  const { images, plans, size } = renderBatch(art, seeds, scenes);
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
  return plans.map(({ objects }, n) => ({ truth: objects, detections: detections[n] }));
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
