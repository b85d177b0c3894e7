// `npm run train:detector`: trains the `center` detector, evaluates it and writes its weights. It resumes where it
// was stopped. The environment may set SPATIALLOCK_RUN (folder of the run), SPATIALLOCK_THREADS, SPATIALLOCK_STEPS,
// SPATIALLOCK_BATCH and SPATIALLOCK_WEIGHTS (folder of the result).

import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cpu } from '@spatiallock/backend-onnx';
import {
  type FileSource,
  float32ToFloat16,
  type Tensor,
  type Tensors,
  writeSafetensors,
} from '@spatiallock/core';
import { trainStage, writeFileAtomically } from '@spatiallock/node';
import { loadArt, scenePool } from '@spatiallock/scenes';
import { centerDetector } from '../src/index.js';
import { evaluateOnScenes, sceneFigures } from './evaluate.js';
import { centerConfig, centerRun, centerStage, judgeScenes } from './stage.js';

const EVALUATED_SCENES = 500;

const fromEnvironment = (name: string): number | undefined => {
  const text = process.env[name];
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1)
    throw new Error(`${name}: "${text}" must be a whole number of at least 1`);
  return value;
};

const halved = ({ shape, data }: Tensor): Tensor => ({
  dtype: 'float16',
  shape,
  data: float32ToFloat16(data as Float32Array),
});

function folderOf(path: string): FileSource {
  return {
    read: async (name) => {
      const file = join(path, name);
      return existsSync(file) ? new Uint8Array(await readFile(file)) : undefined;
    },
  };
}

async function writeWeights(to: string, weights: Tensors): Promise<void> {
  const half = Object.fromEntries(Object.entries(weights).map(([name, value]) => [name, halved(value)]));
  await writeFileAtomically(join(to, 'config.json'), `${JSON.stringify(centerConfig, null, 2)}\n`);
  await writeFileAtomically(join(to, 'model.safetensors'), writeSafetensors(half));
}

const controller = new AbortController();
process.once('SIGINT', () => controller.abort());
process.once('SIGTERM', () => controller.abort());

const folder = process.env.SPATIALLOCK_RUN ?? 'runs/detector';
const target =
  process.env.SPATIALLOCK_WEIGHTS ?? fileURLToPath(new URL('../weights/center', import.meta.url));
const run = {
  ...centerRun,
  steps: fromEnvironment('SPATIALLOCK_STEPS') ?? centerRun.steps,
  batch: fromEnvironment('SPATIALLOCK_BATCH') ?? centerRun.batch,
};
const backend = cpu({ threads: fromEnvironment('SPATIALLOCK_THREADS') });
const art = await loadArt();
const pool = scenePool(art, { workers: 1, ...judgeScenes });
const weights = await trainStage(centerStage(pool, run), {
  backend,
  folder,
  signal: controller.signal,
  onLine: (line) => console.log(line),
});
await pool.close();

await writeWeights(target, weights);
const detector = await centerDetector({ backend, files: folderOf(target) });
const evaluation = await evaluateOnScenes(detector, art, EVALUATED_SCENES);
await writeFileAtomically(join(folder, 'evaluation.json'), `${JSON.stringify(evaluation, null, 2)}\n`);
const metrics = {
  split: 'heldout',
  pairs: 'any',
  trainedOn: { ...judgeScenes, pictures: run.steps * run.batch },
  ...sceneFigures(evaluation),
};
await writeFileAtomically(join(target, 'metrics.json'), `${JSON.stringify(metrics, null, 2)}\n`);
console.log(metrics);
await backend.dispose();
