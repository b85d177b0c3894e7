// The stage that tunes a model on pictures, wherever they come from.

import type { Plugin, Tensors } from '@spatiallock/core';
import { initialise } from '@spatiallock/core/nn';
import type { LoadedModel, UNetSizes } from '@spatiallock/core/pipeline';
import { noiseSchedule } from '@spatiallock/core/schedulers';
import { adamw, cosineRate, muon } from '@spatiallock/core/train';
import { unetObjective } from '../objective.js';
import type { DrawPictures } from '../pictures.js';
import type { TextTable } from '../texts.js';
import type { Learning, UNetStageOptions } from '../unetStage.js';
import type { FineTuneSettings } from './settings.js';

/**
 * Steps over which the rate rises, however few there are in all: Adam's first steps move every parameter by the whole rate,
 * whatever its gradient, and at full rate ten of them spoil what the base has learnt.
 */
const WARMUP = 100;

export type TuningStage = UNetStageOptions & { readonly start: Tensors; readonly learning: Learning };

export interface TuningSource {
  readonly name: string;
  readonly plugins: readonly Plugin[];
  readonly model: LoadedModel;
  readonly texts: TextTable;
  readonly sizes: UNetSizes;
  readonly pictures: DrawPictures;
}

export function tuningStage(
  {
    steps,
    rate,
    optimiser,
    seed,
    unet,
  }: Pick<FineTuneSettings, 'steps' | 'rate' | 'optimiser' | 'seed' | 'unet'>,
  { name, plugins, model, texts, sizes, pictures }: TuningSource,
): TuningStage {
  const { config, params } = model.unet;
  // Plugins choose by what the base has: one with grounding keeps its own kind.
  const has = (parameter: string): boolean => Object.hasOwn(params, parameter);
  // A network with distilled guidance learns what it shall paint at the scale that it paints with.
  const guidanceScale = Math.max(1, model.defaults.guidanceScale);
  const objective = { config, plugins, sizes, has, guidanceScale };
  const { predictionType } = noiseSchedule(model.schedulerConfig);
  const needed = Object.entries(unetObjective({ ...objective, predictionType }).params);
  const fresh = initialise(Object.fromEntries(needed.filter(([each]) => !has(each))), seed);
  return {
    ...objective,
    name,
    schedulerConfig: model.schedulerConfig,
    texts,
    pictures,
    learning: unet ? 'all' : 'plugins',
    start: { ...fresh, ...params },
    steps,
    seed,
    optimiser: optimiser === 'muon' ? muon() : adamw(),
    learningRate: cosineRate({ peak: rate, warmup: WARMUP, steps }),
    ema: 0.99,
  };
}
