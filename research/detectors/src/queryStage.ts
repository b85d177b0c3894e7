// The training stage of the `query` detector, which may supervise a generator: it learns from scenes of the split that
// generators learn from, and from none of the judge's.

import { input, parameterStore } from '@spatiallock/core';
import { cosineRate, muon } from '@spatiallock/core/train';
import {
  defaultQueryConfig,
  type QueryConfig,
  queryLoss,
  queryNetwork,
  queryTargetInputs,
  queryTargets,
} from '@spatiallock/detectors';
import { classLabels, limits, type ScenePool } from '@spatiallock/scenes';
import type { TrainingStage } from '@spatiallock/training';
import { sceneBatches } from './pictures.js';
import type { DetectorRun } from './stage.js';

/** 80,000 pictures. */
export const queryRun: DetectorRun = { steps: 5000, batch: 16, peak: 3e-3, warmup: 100 };

export const queryConfig: QueryConfig = { ...defaultQueryConfig, labels: classLabels };

export const queryScenes = { split: 'train', pairs: 'seen', variety: 'mixed' } as const;

/** Beyond the seeds of every other purpose (`seedRanges` of the embedded model's recipe). */
export const QUERY_SEED = 40_000_000;

/** Targets for as many objects as a scene holds at most. */
const objects = limits.maxObjects;

/** The stage; run it on a `matchingBackend`. Weights are named as `queryNetwork` names them. */
export function queryStage(
  pool: ScenePool,
  run: DetectorRun = queryRun,
  seen = 0,
  config = queryConfig,
): TrainingStage {
  const store = parameterStore();
  const image = input('image', [run.batch, 3, config.image_size, config.image_size]);
  const inputs = queryTargetInputs(config, run.batch, { objects, matched: true });
  const {
    loss,
    perPicture: _,
    ...parts
  } = queryLoss(config, queryNetwork(store.scope, config, image), inputs);
  return {
    name: 'query',
    inputs: { image, ...inputs },
    params: store.params,
    loss,
    optimiser: muon({ weightDecay: 0.02 }),
    learningRate: cosineRate({ peak: run.peak, warmup: run.warmup, steps: run.steps }),
    clipNorm: 5,
    ema: 0.998,
    outputs: { ...parts },
    steps: run.steps,
    seed: 4,
    batch: sceneBatches({
      pool,
      firstSeed: QUERY_SEED + seen,
      batch: run.batch,
      targets: (given) => queryTargets(config, given, { objects }),
    }),
  };
}
