// `spatiallock train`: a user's own boxes make a model.

import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type DataIssue, readCaptions, readCoco } from '@spatiallock/data';
import { modelDirectory } from '@spatiallock/model-emoji';
import { type ModelSourceOptions, readJsonFile, writeFileAtomically } from '@spatiallock/node';
import {
  type FineTuneProgress,
  type FineTuneReport,
  type FineTuning,
  prepareFineTune,
  requireApart,
  requireFolderPlace,
  TRAINING_FOLDER,
} from '@spatiallock/training';
import { readDetector } from './detectors.js';
import { InputError, keeping, reading } from './errors.js';
import { choice, type Flags, number, readFlags, text } from './flags.js';
import { type Io, note, say } from './io.js';
import { openSource, readModelPlace } from './modelFlags.js';
import { openBackend } from './nodeServices.js';
import { type KnownPlugins, knownPlugins } from './plugins/known.js';
import { learningPlugins } from './plugins/learning.js';
import { type PluginSettings, readSettings, withSettings } from './plugins/settings.js';
import { progressBar } from './progress.js';
import { type RehearsalRequest, readRehearsal, rehearsalLayouts } from './rehearsal.js';
import { type ModelRequest, readModelRequest } from './request.js';
import type { DetectorRequest, Services } from './services.js';
import { laidOver, readTuning, trainArgs } from './trainFlags.js';
import { issueLines, readingData, withFlag } from './trainIssues.js';
import { judgedLabels, judgeModel, namedLabels } from './trainJudge.js';
import { newWordsLine, trainSummary } from './trainSummary.js';
import { warningNotes, warningsField } from './warnings.js';

export { trainArgs } from './trainFlags.js';

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
  readonly rehearse?: RehearsalRequest;
  readonly save: 'model' | 'adapter';
  readonly skipBad: boolean;
  readonly strict: boolean;
}

export async function train(words: readonly string[], io: Io, services: Services): Promise<void> {
  const known = await knownPlugins(words, io.cwd, 'base');
  const flags = readFlags(words, withSettings(trainArgs, known, ['training']), 'spatiallock train');
  const request = await readTrainRequest(flags, io.cwd, known);
  const { out, model, detector } = request;
  const backend = await reading(() => openBackend(model));
  const notes = warningNotes(io);
  let report: FineTuneReport;
  let tuning: FineTuning;
  let labelOf: Awaited<ReturnType<typeof judgedLabels>>;
  try {
    const { files, places } = await reading(
      () => openSource(request.base, { ...request.source, signal: io.signal }),
      '--base: ',
    );
    await reading(() => requireApart(out, places[0]!, '--out', '--base'));
    const learning = await learningPlugins(known, request.training, files, backend);
    const data = await readData(request);
    const rehearse = await rehearsalLayouts(files, request.rehearse, data, known, io);
    const given = { ...data, rehearse, save: request.save, ...learning };
    const issues: DataIssue[] = [];
    const early: string[] = [];
    const looking = progressBar(io, given.pictures.length, 'reading');
    try {
      const onProgress = ({ done }: FineTuneProgress) => looking.update(done, 'checking pictures');
      const onIssue = (issue: DataIssue) => issues.push(issue);
      const onWarning = (warning: string) => early.push(withFlag(warning));
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
    for (const warning of early) notes.onWarning(warning);
    if (tuning.newWords.length > 0) note(io, newWordsLine(tuning.newWords));
    if (tuning.resumes) say(io, `resuming ${out}`);
    const training = progressBar(io, request.settings.steps ?? 1000, 'training');
    try {
      const onProgress = ({ task, done, steps, loss }: FineTuneProgress) => {
        if (task === 'rehearsing') training.update(0, `painting what is rehearsed, ${done} of ${steps}`);
        else training.update(done, loss === undefined ? task : `${task}, loss ${loss.toFixed(4)}`);
      };
      const kept = `${out} keeps what was learnt; the same command goes on from there`;
      report = await keeping(kept, () => tuning.run({ onProgress, onWarning: notes.onWarning }));
    } finally {
      training.stop();
    }
  } finally {
    await backend.dispose();
  }
  const figures = labelOf
    ? await keeping(`${out} holds what was learnt; it was not judged`, () =>
        judgeModel(
          tuning.validationScenes,
          { ...model, ...placeOf(request) },
          { labelOf, detector },
          services,
          io.signal,
        ),
      )
    : undefined;
  const path = join(out, TRAINING_FOLDER, 'report.json');
  const recorded = { ...report, figures, ...warningsField(notes.warnings) };
  await writeFileAtomically(path, `${JSON.stringify(recorded, null, 2)}\n`);
  for (const line of trainSummary(report, tuning, figures)) say(io, line);
  say(io, out);
}

/** Where the trained model is found. */
const placeOf = ({ save, base, source, out }: TrainRequest) =>
  save === 'model' ? { model: out } : { model: base, source: { ...source, adapter: out } };

async function readTrainRequest(flags: Flags, cwd: string, known: KnownPlugins): Promise<TrainRequest> {
  const needed = (name: string, what: string): string => {
    const given = text(flags, name);
    if (!given) throw new InputError(`--${name}: is missing; ${what}`);
    return resolve(cwd, given);
  };
  const data = needed('data', 'give the boxes as a COCO file');
  const images = needed('images', 'give the folder of the pictures');
  const out = needed('out', 'give a new folder for the model');
  await reading(() => requireFolderPlace(out, '--out'));
  const captions = text(flags, 'captions');
  const given = text(flags, 'base');
  const asModel = given === undefined ? flags : new Map([...flags, ['model', [given]] as const]);
  const save = choice(flags, 'save', ['model', 'adapter'] as const) ?? 'model';
  if (save === 'adapter') requireBare(flags);
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
    rehearse: readRehearsal(text(flags, 'rehearse')),
    save,
    settings: readTuning(flags),
    ...readBudget(flags),
    ...readPolicy(flags),
  };
}

/** Throws an InputError at what an adapter cannot be laid over. */
function requireBare(flags: Flags): void {
  if (flags.has('adapter')) {
    throw new InputError(
      '--adapter: lies over the base, and an adapter over another cannot be opened; give --save model',
    );
  }
  if (flags.has('embedding')) {
    throw new InputError(
      '--embedding: brings words to the base, and --save adapter makes an adapter that such a base cannot open; give --save model, or leave --embedding out',
    );
  }
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
  const before = issues.length;
  const onIssue = (issue: DataIssue) => issues.push({ ...issue, field: `--captions: ${issue.field}` });
  const read = await reading(
    () => readCaptions(captionFile, coco, { skipBad: true, onIssue }),
    `--captions: ${captions}: `,
  );
  // None is a fault of its own, unless each was at fault.
  return read.size === 0 && issues.length > before ? given : { ...given, captions: read };
}

async function readJson(path: string, flag: string): Promise<unknown> {
  return reading(() => readJsonFile(path), `${flag}: `);
}

async function requireFolder(path: string, flag: string): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (!found?.isDirectory()) throw new InputError(`${flag}: there is no folder ${path}`);
}
