// What the commands that train a detector share: train, write the weights in half precision, evaluate.

import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { cpu } from '@spatiallock/backend-onnx';
import {
  type Backend,
  float32ToFloat16,
  type Tensor,
  type Tensors,
  writeSafetensors,
} from '@spatiallock/core';
import { directory, type TrainingStage, trainStage, writeFileAtomically } from '@spatiallock/node';
import { type Art, loadArt, type SceneOptions, type ScenePool, scenePool } from '@spatiallock/scenes';
import type { TrainedDetector, TrainedDetectorOptions } from '../src/index.js';
import { continuation } from './continuation.js';
import { evaluateOnScenes, sceneFigures } from './evaluate.js';
import type { DetectorRun } from './stage.js';

const EVALUATED_SCENES = 500;

export interface DetectorRecipe<Config> {
  readonly config: Config;
  /** The folder of the run, where the environment names none. */
  readonly folder: string;
  /** The folder of the result, likewise. */
  readonly weights: string;
  readonly run: DetectorRun;
  /** How its pictures are drawn. */
  readonly scenes: Pick<SceneOptions, 'split' | 'pairs' | 'variety'>;
  /** `seen`: pictures that earlier runs showed; the stage begins with the scene after them. */
  stage(pool: ScenePool, run: DetectorRun, seen: number): TrainingStage;
  /** The backend that the stage trains on; the given one where absent. */
  trainingBackend?(backend: Backend, run: DetectorRun): Backend;
  load(options: TrainedDetectorOptions): Promise<TrainedDetector<Config>>;
}

/**
 * Trains a detector, writes its weights and its figures on held-out scenes. It resumes where it was stopped. Flags:
 * `--steps`, `--batch` and `--peak` (learning rate) change the run; `--continue` trains the published weights on, with scenes
 * that they have not seen. The environment may set SPATIALLOCK_RUN (folder of the run), SPATIALLOCK_WEIGHTS (folder of
 * the result) and SPATIALLOCK_THREADS.
 */
export async function trainDetector<Config>(recipe: DetectorRecipe<Config>): Promise<void> {
  const controller = new AbortController();
  process.once('SIGINT', () => controller.abort());
  process.once('SIGTERM', () => controller.abort());
  const flags = readFlags();
  const folder = process.env.SPATIALLOCK_RUN ?? `${recipe.folder}${flags.continue ? '-continued' : ''}`;
  const target = process.env.SPATIALLOCK_WEIGHTS ?? recipe.weights;
  const before = flags.continue ? await continuation(recipe.weights, folder) : { seen: 0 };
  const run = { ...recipe.run, ...flags.run };
  const threads = process.env.SPATIALLOCK_THREADS;
  const backend = cpu({ threads: threads === undefined ? undefined : count('SPATIALLOCK_THREADS', threads) });
  const art = await loadArt();
  const pool = scenePool(art, { workers: 1, ...recipe.scenes });
  const stage = { ...recipe.stage(pool, run, before.seen), start: before.weights };
  const weights = await trainStage(stage, {
    backend: recipe.trainingBackend?.(backend, run) ?? backend,
    folder,
    signal: controller.signal,
    onLine: (line) => process.stdout.write(`${line}\n`),
  }).finally(() => pool.close());
  await writeDetector(target, recipe.config, weights);
  const detector = await recipe.load({ backend, files: directory(target) });
  await writeFigures(detector, art, {
    folder,
    target,
    trainedOn: { ...recipe.scenes, pictures: before.seen + run.steps * run.batch },
  });
  await detector.dispose();
  await backend.dispose();
}

function readFlags(): { readonly continue: boolean; readonly run: Partial<DetectorRun> } {
  const { values } = parseArgs({
    options: {
      continue: { type: 'boolean' },
      steps: { type: 'string' },
      batch: { type: 'string' },
      peak: { type: 'string' },
    },
  });
  const { steps, batch, peak } = values;
  return {
    continue: values.continue ?? false,
    run: {
      ...(steps === undefined ? {} : { steps: count('--steps', steps) }),
      ...(batch === undefined ? {} : { batch: count('--batch', batch) }),
      ...(peak === undefined ? {} : { peak: positive('--peak', peak) }),
    },
  };
}

function count(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1)
    throw new Error(`${name}: "${text}" must be a whole number of at least 1`);
  return value;
}

function positive(name: string, text: string): number {
  const value = Number(text);
  if (!(value > 0 && Number.isFinite(value))) throw new Error(`${name}: "${text}" must be a number above 0`);
  return value;
}

const halved = ({ shape, data }: Tensor): Tensor => ({
  dtype: 'float16',
  shape,
  data: float32ToFloat16(data as Float32Array),
});

/** Writes `config.json` and `model.safetensors`, in half precision. */
export async function writeDetector(to: string, config: unknown, weights: Tensors): Promise<void> {
  const half = Object.fromEntries(Object.entries(weights).map(([name, value]) => [name, halved(value)]));
  await writeFileAtomically(join(to, 'config.json'), `${JSON.stringify(config, null, 2)}\n`);
  await writeFileAtomically(join(to, 'model.safetensors'), writeSafetensors(half));
}

async function writeFigures<Config>(
  detector: TrainedDetector<Config>,
  art: Art,
  { folder, target, trainedOn }: { folder: string; target: string; trainedOn: object },
): Promise<void> {
  const evaluation = await evaluateOnScenes(detector, art, EVALUATED_SCENES);
  await writeFileAtomically(join(folder, 'evaluation.json'), `${JSON.stringify(evaluation, null, 2)}\n`);
  const wide = await evaluateOnScenes(detector, art, EVALUATED_SCENES, 'wide');
  const metrics = {
    ...{ split: 'heldout', pairs: 'any', trainedOn },
    ...sceneFigures(evaluation),
    wide: sceneFigures(wide),
  };
  await writeFileAtomically(join(target, 'metrics.json'), `${JSON.stringify(metrics, null, 2)}\n`);
  console.log(metrics);
}
