// The training stage of a fine-tuning, and the measurement on the pictures kept from it.

import { type Backend, type Plugin, sizeOf, type Tensors } from '@spatiallock/core';
import { initialise } from '@spatiallock/core/nn';
import type { LoadedModel } from '@spatiallock/core/pipeline';
import { noiseSchedule } from '@spatiallock/core/schedulers';
import { adamw, cosineRate } from '@spatiallock/core/train';
import { unetObjective } from '../objective.js';
import { type Learning, learns, type UNetStageOptions } from '../unetStage.js';
import type { Dataset } from './dataset.js';
import { TRAINING_FOLDER } from './outFolder.js';
import type { Parts } from './parts.js';
import type { PictureFaults } from './pictureFaults.js';
import type { FineTuneSettings } from './settings.js';
import { validation } from './validation.js';
import { middleViews, randomViews } from './viewPictures.js';

/** The most validation pictures whose loss is measured. */
const VALIDATED = 64;

export type FineTuneStage = UNetStageOptions & { readonly start: Tensors; readonly learning: Learning };

export function fineTuneStage(
  settings: FineTuneSettings,
  plugins: readonly Plugin[],
  model: LoadedModel,
  dataset: Dataset,
  { texts, encoder, view, sizes }: Parts,
  faults: PictureFaults,
): FineTuneStage {
  const { steps, rate, seed } = settings;
  const { config, params } = model.unet;
  // Plugins choose by what the base has: one with grounding keeps its own kind.
  const has = (name: string): boolean => Object.hasOwn(params, name);
  const objective = { config, plugins, sizes, has };
  const { predictionType } = noiseSchedule(model.schedulerConfig);
  const needed = Object.entries(unetObjective({ ...objective, predictionType }).params);
  const fresh = initialise(Object.fromEntries(needed.filter(([name]) => !has(name))), seed);
  return {
    ...objective,
    name: TRAINING_FOLDER,
    schedulerConfig: model.schedulerConfig,
    texts,
    pictures: randomViews({ pictures: dataset.training, encoder, view, faults }),
    learning: settings.unet ? 'all' : 'plugins',
    start: { ...fresh, ...params },
    steps,
    seed,
    optimiser: adamw(),
    learningRate: cosineRate({ peak: rate, warmup: Math.min(100, Math.ceil(steps / 10)), steps }),
    ema: 0.99,
  };
}

export function validationOf(
  backend: Backend,
  stage: FineTuneStage,
  { validation: held }: Dataset,
  { encoder, view }: Parts,
  faults: PictureFaults,
) {
  const { batch } = stage.sizes;
  return validation({
    ...stage,
    backend,
    schedule: noiseSchedule(stage.schedulerConfig),
    pictures: middleViews({ pictures: held, encoder, view, faults }),
    batches: Math.ceil(Math.min(held.length, VALIDATED) / batch),
  });
}

export function countTrainable(weights: Tensors, learning: Learning, plugins: readonly Plugin[]): number {
  const counts = Object.entries(weights).map(([name, { shape }]) =>
    learns(name, learning, plugins) ? sizeOf(shape) : 0,
  );
  return counts.reduce((a, b) => a + b, 0);
}
