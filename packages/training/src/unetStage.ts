// "Train a U-Net with plugins" as a stage: the objective, its batches, and which parameters learn.

import {
  checkPlugins,
  isFrozen,
  type Plugin,
  parameterOwner,
  type SchedulerConfig,
  type Tensors,
} from '@spatiallock/core';
import { checkObject, checkText } from '@spatiallock/core/checks';
import { type NoiseSchedule, noiseSchedule } from '@spatiallock/core/schedulers';
import { type BatchOptions, noisyBatches } from './batches.js';
import { type Objective, type ObjectiveOptions, unetObjective } from './objective.js';
import type { TrainingStage } from './trainStage.js';

/** `all` trains the U-Net and its plugins, `plugins` the plugins' own parameters alone. */
export type Learning = 'all' | 'plugins';

/** Options of `unetStage`. */
export interface UNetStageOptions
  extends Omit<BatchOptions, 'schedule'>,
    Pick<ObjectiveOptions, 'guidanceScale'>,
    Pick<
      TrainingStage,
      'name' | 'steps' | 'optimiser' | 'learningRate' | 'ema' | 'clipNorm' | 'saveEvery' | 'onSave'
    > {
  /** A parsed scheduler_config.json: noise schedule and prediction type. */
  readonly schedulerConfig: SchedulerConfig;
  /** Default `all`. */
  readonly learning?: Learning;
  /** Weights to start from; needed for every parameter that does not learn. */
  readonly start?: Tensors;
  /** Decides the first numbers of parameters that `start` lacks; default the seed of the batches. */
  readonly initialSeed?: number;
}

/** Whether a parameter of the objective learns. */
export function learns(name: string, learning: Learning, plugins: readonly Plugin[]): boolean {
  if (isFrozen(plugins, name)) return false;
  return learning === 'all' || parameterOwner(plugins, name) !== undefined;
}

/** For `trainStage`; throws where a parameter that does not learn has no numbers in `start`. */
export function unetStage(options: UNetStageOptions): TrainingStage {
  checkText(checkObject(options, 'options').name, 'options.name');
  checkPlugins(options.plugins, 'options.plugins');
  checkObject(options.sizes, 'options.sizes');
  const { name, steps, optimiser, learningRate, ema, clipNorm, saveEvery, onSave } = options;
  const { learning = 'all', start = {}, seed, plugins } = options;
  const schedule: NoiseSchedule = noiseSchedule(options.schedulerConfig);
  const objective = unetObjective({ ...options, predictionType: schedule.predictionType });
  return {
    ...{ name, steps, optimiser, learningRate, ema, clipNorm, saveEvery, onSave },
    inputs: objective.inputs,
    params: objective.params,
    loss: objective.loss,
    outputs: objective.outputs,
    trains: (parameter) => learns(parameter, learning, plugins),
    start,
    frozen: frozenParameters(objective, options),
    seed: options.initialSeed ?? seed,
    batch: noisyBatches({ ...options, schedule }),
  };
}

function frozenParameters(
  { params, frozen }: Objective,
  { learning = 'all', start = {}, plugins }: UNetStageOptions,
): Tensors {
  const names = Object.keys(params).filter((name) => !learns(name, learning, plugins));
  return Object.fromEntries(
    names.map((name) => {
      const value = frozen[name] ?? start[name];
      if (!value) throw new Error(`${name}: does not learn, and the start has no numbers for it`);
      return [name, value];
    }),
  );
}
