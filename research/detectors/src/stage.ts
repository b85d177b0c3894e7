// The training stage of the `center` detector: its graph and its pictures.

import { input, parameterStore } from '@spatiallock/core';
import { cosineRate, muon } from '@spatiallock/core/train';
import {
  type CenterConfig,
  centerLoss,
  centerNetwork,
  centerTargetInputs,
  centerTargets,
  defaultCenterConfig,
  defaultSlots,
} from '@spatiallock/detectors';
import { seedRanges } from '@spatiallock/research-harness';
import { classLabels, limits, type ScenePool } from '@spatiallock/scenes';
import type { TrainingStage } from '@spatiallock/training';
import { sceneBatches } from './pictures.js';

export interface DetectorRun {
  readonly steps: number;
  readonly batch: number;
  readonly peak: number;
  readonly warmup: number;
}

/** 464,000 pictures. */
export const centerRun: DetectorRun = { steps: 29_000, batch: 16, peak: 5e-3, warmup: 100 };

export const centerConfig: CenterConfig = { ...defaultCenterConfig, labels: classLabels };

/**
 * How the judge's own pictures are drawn: streams apart from the generator's, with every (class, background) pair, and
 * with boxes of every size that is ever judged.
 */
export const judgeScenes = { split: 'judge', pairs: 'any', variety: 'mixed' } as const;

/** Targets for as many objects as a scene holds at most. */
const sceneSlots = { ...defaultSlots, objects: limits.maxObjects };

/** The graph of the stage without its pictures; weights are named as `centerNetwork` names them. */
export function centerTraining(
  run: DetectorRun,
  config: CenterConfig,
  slots = defaultSlots,
): Omit<TrainingStage, 'batch'> {
  const store = parameterStore();
  const image = input('image', [run.batch, 3, config.image_size, config.image_size]);
  const targets = centerTargetInputs(config, run.batch, slots);
  const { loss, ...parts } = centerLoss(config, centerNetwork(store.scope, config, image), targets);
  return {
    name: 'center',
    inputs: { image, ...targets },
    params: store.params,
    loss,
    optimiser: muon({ weightDecay: 0.02 }),
    learningRate: cosineRate({ peak: run.peak, warmup: run.warmup, steps: run.steps }),
    clipNorm: 5,
    ema: 0.998,
    outputs: { ...parts },
    steps: run.steps,
    seed: 2,
  };
}

/** The stage of the judge. */
export function centerStage(
  pool: ScenePool,
  run: DetectorRun = centerRun,
  seen = 0,
  config = centerConfig,
): TrainingStage {
  const targets = (objects: Parameters<typeof centerTargets>[1]) =>
    centerTargets(config, objects, sceneSlots);
  const batch = sceneBatches({ pool, firstSeed: seedRanges.detector + seen, batch: run.batch, targets });
  return { ...centerTraining(run, config, sceneSlots), batch };
}
