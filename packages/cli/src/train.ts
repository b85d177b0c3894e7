// `spatiallock train`: a user's own boxes make a model.

import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseJson } from '@spatiallock/core/io';
import { type DataIssue, readCaptions, readCoco } from '@spatiallock/data';
import { modelDirectory } from '@spatiallock/model-emoji';
import { type ModelSourceOptions, modelSource, readTextFile, writeFileAtomically } from '@spatiallock/node';
import {
  type FineTuneProgress,
  type FineTuneReport,
  type FineTuning,
  prepareFineTune,
  TRAINING_FOLDER,
} from '@spatiallock/training';
import type { ArgsDef } from 'citty';
import { detectorArgs, readDetector } from './detectors.js';
import { InputError, Interruption, isAbort, reading } from './errors.js';
import { type Flags, number, readFlags, text, wholeNumber } from './flags.js';
import { type Io, note, say } from './io.js';
import { modelArgs, readModelPlace } from './modelFlags.js';
import { openBackend } from './nodeServices.js';
import { type KnownPlugins, knownPlugins, pluginArgs } from './plugins/known.js';
import { learningPlugins } from './plugins/learning.js';
import { type PluginSettings, readSettings, withSettings } from './plugins/settings.js';
import { progressBar } from './progress.js';
import { MAX_SEED, type ModelRequest, readModelRequest, sharedArgs } from './request.js';
import type { DetectorRequest, Services } from './services.js';
import { issueLines, readingData } from './trainIssues.js';
import { judgedLabels, judgeModel, namedLabels } from './trainJudge.js';
import { trainSummary } from './trainSummary.js';

const { model: _, ...laidOver } = modelArgs;

export const trainArgs = {
  data: { type: 'string', valueHint: 'coco.json', description: 'boxes in COCO format' },
  images: {
    type: 'string',
    valueHint: 'dir',
    description: 'the folder that file_name in the boxes starts from',
  },
  base: {
    type: 'string',
    valueHint: 'dir|file|owner/name',
    description:
      "the model to start from: a folder in diffusers' layout, a .safetensors file, or an id of the hub; default: the embedded one",
  },
  out: {
    type: 'string',
    valueHint: 'dir',
    description: 'a new folder for the model; the same one again resumes',
  },
  captions: {
    type: 'string',
    valueHint: 'captions.json',
    description: "file_name to caption, or COCO's captions; default: made from categories",
  },
  unet: { type: 'boolean', description: 'train the whole U-Net, not its plugins alone' },
  ...pluginArgs,
  ...detectorArgs,
  steps: { type: 'string', valueHint: '1000', description: 'training steps; default 1000' },
  batch: { type: 'string', valueHint: '4', description: 'pictures in a step, 1..256; default 4' },
  rate: { type: 'string', valueHint: '1e-4', description: 'peak of the learning rate; default 1e-4' },
  seed: { type: 'string', valueHint: '0', description: 'whole number; the same seed trains the same model' },
  'min-box': {
    type: 'string',
    valueHint: '0.04',
    description: 'smallest side of a box in the cropped picture, 0..1; default 0.04',
  },
  'no-flip': { type: 'boolean', description: 'never mirror pictures' },
  validation: {
    type: 'string',
    valueHint: '0.1',
    description: 'share of the pictures kept from training; default 0.1',
  },
  'save-every': {
    type: 'string',
    valueHint: '100',
    description: 'steps between two saves of the state; default 100',
  },
  'skip-bad': {
    type: 'boolean',
    description: 'go on without annotations and pictures that cannot be understood',
  },
  strict: { type: 'boolean', description: 'refuse boxes without area or over the edge, too' },
  'memory-budget': {
    type: 'string',
    valueHint: 'GiB',
    description:
      'the most that values of a step take beside the weights; activations are computed again to keep to it',
  },
  ...laidOver,
  device: sharedArgs.device,
  threads: sharedArgs.threads,
} as const satisfies ArgsDef;

interface TrainRequest {
  readonly data: string;
  readonly images: string;
  readonly base: string;
  readonly source?: ModelSourceOptions;
  readonly out: string;
  readonly captions?: string;
  readonly model: ModelRequest;
  /** What judges the pictures of the trained model. */
  readonly detector?: DetectorRequest;
  /** Options with which plugins are made for training. */
  readonly training: PluginSettings;
  readonly settings: ReturnType<typeof readTuning>;
  readonly memoryBudget?: number;
  readonly skipBad: boolean;
  readonly strict: boolean;
}

export async function train(words: readonly string[], io: Io, services: Services): Promise<void> {
  const known = await knownPlugins(words, io.cwd, 'base');
  const flags = readFlags(words, withSettings(trainArgs, known, ['training']), 'spatiallock train');
  const request = await readTrainRequest(flags, io.cwd, known);
  const { out, model, detector } = request;
  const backend = await reading(() => openBackend(model));
  let report: FineTuneReport;
  let tuning: FineTuning;
  let labelOf: Awaited<ReturnType<typeof judgedLabels>>;
  try {
    const { files } = await reading(
      () => modelSource(request.base, { ...request.source, signal: io.signal }),
      '--base: ',
    );
    const learning = await learningPlugins(known, request.training, files, backend);
    const given = { ...(await readData(request)), ...learning };
    const issues: DataIssue[] = [];
    const warnings: string[] = [];
    const looking = progressBar(io, given.pictures.length, 'reading');
    try {
      const onProgress = ({ done }: FineTuneProgress) => looking.update(done, 'checking pictures');
      const onIssue = (issue: DataIssue) => issues.push(issue);
      const onWarning = (warning: string) => warnings.push(warning);
      tuning = await readingData(request, () =>
        prepareFineTune({ ...given, backend, signal: io.signal, onProgress, onIssue, onWarning }),
      );
    } finally {
      looking.stop();
    }
    labelOf = detector
      ? await namedLabels(detector, tuning, services, model)
      : await judgedLabels(files, tuning);
    for (const line of issueLines(issues)) note(io, line);
    for (const warning of warnings) note(io, `warning: ${warning}`);
    if (tuning.resumes) say(io, `resuming ${out}`);
    const training = progressBar(io, request.settings.steps ?? 1000, 'training');
    try {
      const onProgress = ({ task, done, loss }: FineTuneProgress) =>
        training.update(done, loss === undefined ? task : `${task}, loss ${loss.toFixed(4)}`);
      const onWarning = (message: string) => note(io, `warning: ${message}`);
      report = await runOrKeep(tuning, out, { onProgress, onWarning });
    } finally {
      training.stop();
    }
  } finally {
    await backend.dispose();
  }
  const figures = labelOf
    ? await judgeModel(
        tuning.validationScenes,
        { ...model, model: out },
        { labelOf, detector },
        services,
        io.signal,
      )
    : undefined;
  const path = join(out, TRAINING_FOLDER, 'report.json');
  await writeFileAtomically(path, `${JSON.stringify({ ...report, figures }, null, 2)}\n`);
  for (const line of trainSummary(report, tuning, figures)) say(io, line);
  say(io, out);
}

async function readTrainRequest(flags: Flags, cwd: string, known: KnownPlugins): Promise<TrainRequest> {
  const needed = (name: string, what: string): string => {
    const given = text(flags, name);
    if (!given) throw new InputError(`--${name}: is missing; ${what}`);
    return resolve(cwd, given);
  };
  const data = needed('data', 'give the boxes as a COCO file');
  const images = needed('images', 'give the folder of the pictures');
  const out = needed('out', 'give a new folder for the model');
  const captions = text(flags, 'captions');
  const given = text(flags, 'base');
  const asModel = given === undefined ? flags : new Map([...flags, ['model', [given]] as const]);
  const { model = modelDirectory, source } = await readModelPlace(asModel, cwd, '--base');
  return {
    data,
    images,
    out,
    base: model,
    ...(source === undefined ? {} : { source }),
    ...(captions === undefined ? {} : { captions: resolve(cwd, captions) }),
    // What is laid over the base is no part of what is trained.
    model: await readModelRequest(without(flags, Object.keys(laidOver)), cwd, known, []),
    detector: readDetector(flags, cwd),
    training: readSettings(flags, known, ['training']),
    settings: readTuning(flags),
    ...readBudget(flags),
    ...readPolicy(flags),
  };
}

const without = (flags: Flags, names: readonly string[]): Flags =>
  new Map([...flags].filter(([name]) => !names.includes(name)));

function readBudget(flags: Flags): Pick<TrainRequest, 'memoryBudget'> {
  const given = number(flags, 'memory-budget', { min: 0.001, max: 1e6 });
  return given === undefined ? {} : { memoryBudget: Math.round(given * 2 ** 30) };
}

function readPolicy(flags: Flags): Pick<TrainRequest, 'skipBad' | 'strict'> {
  const [skipBad, strict] = [flags.has('skip-bad'), flags.has('strict')];
  if (skipBad && strict)
    throw new InputError('--strict: refuses what --skip-bad leaves out; give one of them');
  return { skipBad, strict };
}

function readTuning(flags: Flags) {
  return {
    steps: wholeNumber(flags, 'steps', { min: 1 }),
    batch: wholeNumber(flags, 'batch', { min: 1, max: 256 }),
    saveEvery: wholeNumber(flags, 'save-every', { min: 1 }),
    rate: number(flags, 'rate', { min: 1e-9, max: 1 }),
    minBox: number(flags, 'min-box', { min: 0, max: 0.9 }),
    validation: number(flags, 'validation', { min: 0, max: 0.9 }),
    seed: wholeNumber(flags, 'seed', { min: 0, max: MAX_SEED }),
    unet: flags.has('unet'),
    flip: !flags.has('no-flip'),
  } as const;
}

/** Reads the user's files; what is wrong with one names its flag. */
async function readData(request: TrainRequest) {
  const { data, images, base, source, out, captions, settings, memoryBudget, skipBad, strict } = request;
  await requireFolder(images, '--images');
  const coco = await readJson(data, '--data');
  const captionFile = captions === undefined ? undefined : await readJson(captions, '--captions');
  const issues: DataIssue[] = [];
  // Faults found here are reported together with missing pictures.
  const options = { skipBad: true, onIssue: (issue: DataIssue) => issues.push(issue) };
  const pictures = await reading(() => readCoco(coco, options), `--data: ${data}: `);
  const budget = memoryBudget === undefined ? {} : { memoryBudget };
  const given = {
    ...settings,
    ...budget,
    ...(source ? { source } : {}),
    images,
    base,
    out,
    pictures,
    issues,
    skipBad,
    strict,
  };
  if (captionFile === undefined) return given;
  return {
    ...given,
    captions: await reading(() => readCaptions(captionFile, coco), `--captions: ${captions}: `),
  };
}

async function readJson(path: string, flag: string): Promise<unknown> {
  return reading(async () => parseJson(await readTextFile(path), path), `${flag}: `);
}

async function requireFolder(path: string, flag: string): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (!found?.isDirectory()) throw new InputError(`${flag}: there is no folder ${path}`);
}

async function runOrKeep(
  tuning: FineTuning,
  out: string,
  listeners: Parameters<FineTuning['run']>[0],
): Promise<FineTuneReport> {
  try {
    return await tuning.run(listeners);
  } catch (error) {
    if (!isAbort(error)) throw error;
    throw new Interruption(`${out} keeps what was learnt; the same command goes on from there`, {
      cause: error,
    });
  }
}
