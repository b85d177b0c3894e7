// "Train a U-Net with plugins" as a stage: the objective, its batches, and which parameters learn.

import { type NoiseSchedule, noiseSchedule, type SchedulerConfig, type Tensors } from '@spatiallock/core';
import { FROZEN_SCOPE, PERCEPTION_SCOPE } from '@spatiallock/pog';
import { type BatchOptions, noisyBatches } from './batches.js';
import { type Objective, unetObjective } from './objective.js';
import type { TrainingStage } from './trainStage.js';

/** `all` trains the whole U-Net, `plugins` PoI's and PoG's own parameters alone. */
export type Learning = 'all' | 'plugins';

export interface UNetStageOptions
  extends Omit<BatchOptions, 'schedule'>,
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

const PLUGIN_PARTS = new Set(['position_net', 'fuser', 'injection', PERCEPTION_SCOPE]);

/** Whether a parameter belongs to PoI or to PoG's perception network, rather than to the U-Net. */
export const isPluginParameter = (name: string): boolean =>
  name.split('.').some((part) => PLUGIN_PARTS.has(part));

/** Whether a parameter of the objective learns. */
export function learns(name: string, learning: Learning): boolean {
  if (name.startsWith(`${FROZEN_SCOPE}.`)) return false;
  return learning === 'all' || isPluginParameter(name);
}

/** For `trainStage`; throws where a parameter that does not learn has no numbers in `start`. */
export function unetStage(options: UNetStageOptions): TrainingStage {
  const { name, steps, optimiser, learningRate, ema, clipNorm, saveEvery, onSave } = options;
  const { learning = 'all', start = {}, seed } = options;
  const schedule: NoiseSchedule = noiseSchedule(options.schedulerConfig);
  const objective = unetObjective({ ...options, predictionType: schedule.predictionType });
  return {
    ...{ name, steps, optimiser, learningRate, ema, clipNorm, saveEvery, onSave },
    inputs: objective.inputs,
    params: objective.params,
    loss: objective.loss,
    outputs: objective.outputs,
    trains: (parameter) => learns(parameter, learning),
    start,
    frozen: frozenParameters(objective, learning, start),
    seed: options.initialSeed ?? seed,
    batch: noisyBatches({ ...options, schedule }),
  };
}

function frozenParameters({ params, frozen }: Objective, learning: Learning, start: Tensors): Tensors {
  const names = Object.keys(params).filter((name) => !learns(name, learning));
  return Object.fromEntries(
    names.map((name) => {
      const value = frozen[name] ?? start[name];
      if (!value) throw new Error(`${name}: does not learn, and the start has no numbers for it`);
      return [name, value];
    }),
  );
}
