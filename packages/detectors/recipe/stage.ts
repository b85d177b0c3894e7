// The training stage of the `center` detector: its graph and its pictures.

import { cosineRate, input, muon, parameterStore, random, type Tensors, tensor } from '@spatiallock/core';
import type { TrainingStage } from '@spatiallock/node';
import { classLabels, type SceneBatch, type ScenePool, toTensor } from '@spatiallock/scenes';
import { seedRanges } from '../../model-emoji/recipe/settings.js';
import {
  type CenterConfig,
  centerLoss,
  centerNetwork,
  centerTargetInputs,
  centerTargets,
  defaultCenterConfig,
} from '../src/index.js';
import { augment } from './augment.js';

export interface DetectorRun {
  readonly steps: number;
  readonly batch: number;
  readonly peak: number;
  readonly warmup: number;
}

/** 51,200 pictures. */
export const centerRun: DetectorRun = { steps: 3200, batch: 16, peak: 5e-3, warmup: 100 };

export const centerConfig: CenterConfig = { ...defaultCenterConfig, labels: classLabels };

/** How the judge's own pictures are drawn: streams apart from the generator's, with every (class, background) pair. */
export const judgeScenes = { split: 'judge', pairs: 'any' } as const;

/** The stage; weights are named as `centerNetwork` names them. */
export function centerStage(
  pool: ScenePool,
  run: DetectorRun = centerRun,
  config = centerConfig,
): TrainingStage {
  const store = parameterStore();
  const image = input('image', [run.batch, 3, config.image_size, config.image_size]);
  const targets = centerTargetInputs(config, run.batch);
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
    batch: batches(pool, run.batch, config),
  };
}

/** The pictures and targets of a step, drawn one batch ahead; the step alone decides them. */
function batches(pool: ScenePool, batch: number, config: CenterConfig): (step: number) => Promise<Tensors> {
  const drawn = new Map<number, Promise<SceneBatch>>();
  const draw = (step: number): Promise<SceneBatch> => {
    const first = seedRanges.detector + step * batch;
    const scenes = drawn.get(step) ?? pool.render(Array.from({ length: batch }, (_, k) => first + k));
    drawn.set(step, scenes);
    scenes.catch(() => undefined); // Awaited one step later; a failure meanwhile is not unhandled.
    return scenes;
  };
  return async (step) => {
    const scenes = await draw(step);
    drawn.delete(step);
    draw(step + 1);
    const data = toTensor(scenes);
    const size = 3 * scenes.size ** 2;
    for (let n = 0; n < batch; n++) {
      const rng = random(2 ** 32 + step * batch + n);
      augment(data.subarray(n * size, (n + 1) * size), scenes.size, rng);
    }
    const objects = scenes.plans.map((plan) => plan.objects);
    return { image: tensor(data, [batch, 3, scenes.size, scenes.size]), ...centerTargets(config, objects) };
  };
}
