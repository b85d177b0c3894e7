// What the commands that train a detector share: train, write the weights in half precision, evaluate.

import { join } from 'node:path';
import { cpu } from '@spatiallock/backend-onnx';
import { type ArgsDef, type Flags, number, positive, text, wholeNumber } from '@spatiallock/cli/command';
import type { Backend, Tensors } from '@spatiallock/core';
import { halfPrecision, writeSafetensors } from '@spatiallock/core/io';
import type { TrainedDetector, TrainedDetectorOptions } from '@spatiallock/detectors';
import { directory, writeFileAtomically } from '@spatiallock/node';
import { type CommandContext, RESUMES, runCommand } from '@spatiallock/research-harness';
import {
  type Art,
  classes,
  loadArt,
  type SceneClass,
  type SceneOptions,
  type ScenePool,
  scenePool,
} from '@spatiallock/scenes';
import { type TrainingStage, trainStage } from '@spatiallock/training';
import { type Continuation, continuation } from './continuation.js';
import { evaluateOnScenes, sceneFigures } from './evaluate.js';
import { forLabels } from './labelRows.js';
import type { DetectorRun } from './stage.js';

const EVALUATED_SCENES = 500;

/** What every config of a detector has. */
export interface DetectorConfig {
  readonly labels: readonly string[];
  readonly image_size: number;
}

export interface DetectorRecipe<Config extends DetectorConfig> {
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

const args = {
  continue: {
    type: 'boolean',
    description: 'train the published weights on, with scenes they have not seen',
  },
  from: {
    type: 'string',
    valueHint: 'dir',
    description: 'train the weights of this folder on; it may know fewer labels',
  },
  steps: { type: 'string', valueHint: 'n', description: 'default the whole run' },
  batch: { type: 'string', valueHint: 'n', description: 'pictures a step' },
  peak: { type: 'string', valueHint: '0.002', description: 'peak of the learning rate' },
  threads: { type: 'string', valueHint: 'n', description: 'default all cores' },
} as const satisfies ArgsDef;

/**
 * `npm run NAME`: trains a detector, writes its weights and its figures on held-out scenes. It resumes where it was stopped.
 * The environment may set SPATIALLOCK_RUN (folder of the run) and SPATIALLOCK_WEIGHTS (folder of the result).
 */
export function detectorCommand<Config extends DetectorConfig>(
  name: string,
  recipe: DetectorRecipe<Config>,
): Promise<void> {
  const description =
    'Train a detector. SPATIALLOCK_RUN names the folder of the run, SPATIALLOCK_WEIGHTS that of the result.';
  const run = (flags: Flags, context: CommandContext) => trainDetector(recipe, flags, context);
  return runCommand({ name, description, args, kept: RESUMES, run });
}

async function trainDetector<Config extends DetectorConfig>(
  recipe: DetectorRecipe<Config>,
  flags: Flags,
  { signal, say }: CommandContext,
): Promise<void> {
  const from = text(flags, 'from');
  const further = from !== undefined || flags.has('continue');
  const whole = (flag: string) => wholeNumber(flags, flag, { min: 1 });
  const folder = process.env.SPATIALLOCK_RUN ?? `${recipe.folder}${further ? '-continued' : ''}`;
  const target = process.env.SPATIALLOCK_WEIGHTS ?? recipe.weights;
  const run = {
    ...recipe.run,
    steps: whole('steps') ?? recipe.run.steps,
    batch: whole('batch') ?? recipe.run.batch,
    peak: number(flags, 'peak', positive) ?? recipe.run.peak,
  };
  const backend = cpu({ threads: whole('threads') });
  const before: Continuation = further ? await continuation(from ?? recipe.weights, folder) : { seen: 0 };
  const art = await loadArt();
  const pool = scenePool(art, { workers: 1, size: recipe.config.image_size, ...recipe.scenes });
  const stage = goingOn(recipe.stage(pool, run, before.seen), before, recipe.config.labels);
  const weights = await trainStage(stage, {
    backend: recipe.trainingBackend?.(backend, run) ?? backend,
    folder,
    signal,
    onLine: say,
  }).finally(() => pool.close());
  await writeDetector(target, recipe.config, weights);
  const detector = await recipe.load({ backend, files: directory(target) });
  const seen = before.seen + run.steps * run.batch;
  const figures = await writeFigures(detector, art, {
    folder,
    target,
    trainedOn: { ...recipe.scenes, pictures: seen },
  });
  say(JSON.stringify(figures, null, 2));
  await detector.dispose();
  await backend.dispose();
}

/** The stage, beginning with what was published. */
function goingOn(
  stage: TrainingStage,
  { weights, labels: from }: Continuation,
  to: readonly string[],
): TrainingStage {
  if (!weights || !from) return stage;
  const shapes = Object.fromEntries(Object.entries(stage.params).map(([name, { shape }]) => [name, shape]));
  return { ...stage, start: forLabels(weights, { from, to, shapes }) };
}

/** Writes `config.json`, `names.json`, `aspects.json` and `model.safetensors`, in half precision. */
export async function writeDetector(to: string, config: unknown, weights: Tensors): Promise<void> {
  await writeFileAtomically(join(to, 'config.json'), `${JSON.stringify(config, null, 2)}\n`);
  await writeFileAtomically(join(to, 'names.json'), sceneNames());
  await writeFileAtomically(join(to, 'aspects.json'), sceneAspects());
  await writeFileAtomically(join(to, 'model.safetensors'), writeSafetensors(halfPrecision(weights)));
}

/** What phrases call the classes of the scenes, as the detectors' modules read it. */
export function sceneNames(): string {
  return byLabel(({ nouns }) => {
    const names = nouns.flatMap(({ bare, many }) => (bare === many ? [bare] : [bare, many]));
    return `[${names.map((name) => JSON.stringify(name)).join(', ')}]`;
  });
}

/** The natural width over height of the classes. */
export const sceneAspects = (): string => byLabel(({ aspect }) => String(aspect));

function byLabel(textOf: (entry: SceneClass) => string): string {
  const lines = classes.map((entry) => `  ${JSON.stringify(entry.label)}: ${textOf(entry)}`);
  return `{\n${lines.join(',\n')}\n}\n`;
}

async function writeFigures<Config>(
  detector: TrainedDetector<Config>,
  art: Art,
  { folder, target, trainedOn }: { folder: string; target: string; trainedOn: object },
): Promise<object> {
  const evaluation = await evaluateOnScenes(detector, art, EVALUATED_SCENES);
  await writeFileAtomically(join(folder, 'evaluation.json'), `${JSON.stringify(evaluation, null, 2)}\n`);
  const wide = await evaluateOnScenes(detector, art, EVALUATED_SCENES, 'wide');
  const metrics = {
    ...{ split: 'heldout', pairs: 'any', trainedOn },
    ...sceneFigures(evaluation),
    wide: sceneFigures(wide),
  };
  await writeFileAtomically(join(target, 'metrics.json'), `${JSON.stringify(metrics, null, 2)}\n`);
  return metrics;
}
