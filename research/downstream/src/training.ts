// One training of the `center` detector on a fixed set of pictures, and what it is worth on real held-out scenes.

import type { Backend } from '@spatiallock/core';
import { type Tensors, tensor } from '@spatiallock/core';
import { writeSafetensors } from '@spatiallock/core/io';
import { randomStream } from '@spatiallock/core/nn';
import { type CenterConfig, centerDetector, centerTargets } from '@spatiallock/detectors';
import { evaluateDetections } from '@spatiallock/evaluation';
import {
  augmentAll,
  centerRun,
  centerTraining,
  type SceneFigures,
  sceneFigures,
} from '@spatiallock/research-detectors';
import { toTensor } from '@spatiallock/research-scenes-128';
import { type StageContext, type TrainingStage, trainStage } from '@spatiallock/training';
import type { LabelledPicture } from './pictures.js';
import type { DownstreamSettings } from './settings.js';

export interface TrainingSet {
  readonly real: readonly LabelledPicture[];
  readonly generated: readonly LabelledPicture[];
}

/** Trains with a seed under a name of its own, and judges with real scenes that no training saw. Resumes from the folder of `context`. */
export async function trainAndJudge(
  set: TrainingSet,
  heldOut: readonly LabelledPicture[],
  { name, seed }: { readonly name: string; readonly seed: number },
  { steps, batch, realShare }: DownstreamSettings,
  config: CenterConfig,
  context: StageContext,
): Promise<SceneFigures> {
  const run = {
    steps,
    batch,
    peak: centerRun.peak,
    warmup: Math.min(centerRun.warmup, Math.ceil(steps / 10)),
  };
  const stage: TrainingStage = {
    ...centerTraining(run, config),
    name,
    seed,
    batch: (step) => batchOf(set, { step, seed, batch, realShare }, config),
  };
  const weights = await trainStage(stage, context);
  return judge(context.backend, config, weights, heldOut);
}

interface BatchOptions {
  readonly step: number;
  readonly seed: number;
  readonly batch: number;
  readonly realShare?: number;
}

/** Draws pictures with replacement, each changed a little anew; seed and step alone decide. */
function batchOf({ real, generated }: TrainingSet, options: BatchOptions, config: CenterConfig): Tensors {
  const { step, seed, batch, realShare = real.length / (real.length + generated.length) } = options;
  const rng = randomStream(seed, step);
  const pick = (from: readonly LabelledPicture[]): LabelledPicture => from[rng.int(from.length)]!;
  const chosen = Array.from({ length: batch }, () => {
    const isReal = rng.uniform() < realShare;
    return pick(isReal || generated.length === 0 ? real : generated);
  });
  const size = config.image_size;
  const images = new Uint8Array(batch * 3 * size * size);
  chosen.forEach(({ image }, n) => {
    if (image.width !== size || image.height !== size) {
      throw new Error(
        `pictures: ${image.width} x ${image.height} pixels; this experiment needs ${size} x ${size}`,
      );
    }
    images.set(image.data, n * 3 * size * size);
  });
  const data = toTensor({ images, size });
  augmentAll(data, size, (seed * 2 ** 24 + step) * batch);
  const targets = centerTargets(
    config,
    chosen.map(({ objects }) => objects),
  );
  return { image: tensor(data, [batch, 3, size, size]), ...targets };
}

async function judge(
  backend: Backend,
  config: CenterConfig,
  weights: Tensors,
  heldOut: readonly LabelledPicture[],
): Promise<SceneFigures> {
  const files = {
    read: async (name: string) =>
      name === 'config.json' ? new TextEncoder().encode(JSON.stringify(config)) : writeSafetensors(weights),
  };
  const detector = await centerDetector({ backend, files });
  const detections = await detector.detectMany(heldOut.map(({ image }) => image));
  await detector.dispose();
  const seen = heldOut.map(({ objects }, n) => ({ truth: objects, detections: detections[n]! }));
  return sceneFigures(evaluateDetections(seen));
}
