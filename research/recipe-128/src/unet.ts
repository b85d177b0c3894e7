// Trains the U-Net with PoI, and with PoG where asked, to undo noise on latents of scenes.

import type { Plugin, Tensors } from '@spatiallock/core';
import { cosineRate, muon } from '@spatiallock/core/train';
import { type PogTrainingSettings, pog } from '@spatiallock/pog';
import { type PoiOptions, poi } from '@spatiallock/poi';
import type { TrainingStage } from '@spatiallock/training';
import {
  type DrawPictures,
  type Learning,
  type SampledStates,
  type TextTable,
  unetStage as trainedUNet,
} from '@spatiallock/training';
import type { LatentCache } from './latentCache.js';
import { SCENE_OBJECTS, schedulerConfig, TEXT_LENGTH, unetConfig } from './settings.js';

export interface UNetRun {
  readonly steps: number;
  readonly batch: number;
  readonly peak: number;
  readonly warmup: number;
  readonly ema: number;
  /** False trains without boxes, for ablations. */
  readonly poi: PoiOptions | false;
  readonly learning: Learning;
  /** Of pictures, noise and what is dropped. */
  readonly seed: number;
}

export const unetRun: UNetRun = {
  steps: 4600,
  batch: 48,
  peak: 2e-3,
  warmup: 100,
  ema: 0.998,
  poi: { injection: true },
  learning: 'all',
  seed: 3,
};

export interface UNetParts {
  readonly cache: Pick<LatentCache, 'shape' | 'scale'>;
  readonly pictures: DrawPictures;
  readonly texts: TextTable;
  readonly pog?: PogTrainingSettings;
  /** States of the model's own sampling, for the image path. */
  readonly sampled?: SampledStates;
  readonly start?: Tensors;
}

export const pluginsOf = (
  { poi: options }: Pick<UNetRun, 'poi'>,
  training?: PogTrainingSettings,
): readonly Plugin[] => [...(options ? [poi(options)] : []), ...(training ? [pog({ training })] : [])];

/** The stage's graph and data. Weights are named as in diffusers' checkpoints, PoI's beside them. */
export function unetStage(run: UNetRun, parts: UNetParts): TrainingStage {
  const { cache, pictures, texts, pog: paths, sampled, start } = parts;
  const [, height, width] = cache.shape as [number, number, number];
  return trainedUNet({
    name: 'unet',
    config: unetConfig,
    schedulerConfig,
    sizes: { batch: run.batch, height, width, tokens: TEXT_LENGTH, objects: SCENE_OBJECTS },
    plugins: pluginsOf(run, paths),
    sampled,
    texts,
    pictures,
    learning: run.learning,
    start,
    steps: run.steps,
    seed: run.seed,
    optimiser: muon({ weightDecay: 0.01 }),
    learningRate: cosineRate({ peak: run.peak, warmup: run.warmup, steps: run.steps, floor: 0.005 }),
    ema: run.ema,
  });
}

/**
 * Scenes drawn from the cache, of which some are drawn anew at every step: those of a cache that was
 * refreshed at every fourth step were seen eight times each, which shows in the error on new ones (docs/limits.md).
 */
export function bankPictures(cache: LatentCache): DrawPictures {
  return async (count, rng) => {
    await cache.refresh(rng);
    return Array.from({ length: count }, () => {
      const at = rng.int(cache.size);
      const { caption, objects } = cache.plan(at);
      return { caption, objects, latents: cache.latents(at).map((value) => value * cache.scale) };
    });
  };
}
