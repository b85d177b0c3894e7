// `spatiallock evaluate`: do objects stand where they were asked for?

import { type EvaluationTask, evaluateScenes, reportJson } from '@spatiallock/evaluation';
import { reportPage } from '@spatiallock/evaluation/report';
import { varieties } from '@spatiallock/scenes';
import type { ArgsDef } from 'citty';
import { detectorArgs, readDetector } from './detectors.js';
import { InputError, reading } from './errors.js';
import { howMade, type Report, summary } from './evaluateReport.js';
import { builtInScenes, ownScenes, type Scenes } from './evaluateScenes.js';
import { type OutputFile, outputPath, removeLeftovers, writeFiles } from './files.js';
import { choice, type Flags, readFlags, text, wholeNumber } from './flags.js';
import { settledSampling } from './generate.js';
import { type Io, say } from './io.js';
import { type KnownPlugins, knownPlugins } from './plugins/known.js';
import { recordedSettings, type SettingValue, withSettings } from './plugins/settings.js';
import { settlePlugins } from './plugins/settle.js';
import { loadingListeners, type Progress, progressBar } from './progress.js';
import {
  type ModelRequest,
  readModelRequest,
  readSamplingRequest,
  requireGuidance,
  requireSeeds,
  type SamplingRequest,
  sharedArgs,
} from './request.js';
import type { DetectorRequest, OpenModel, Services } from './services.js';

export const evaluateArgs = {
  count: { type: 'string', valueHint: '200', description: 'held-out layouts, 1..5000; default 200' },
  json: {
    type: 'string',
    valueHint: 'report.json',
    description: 'where the figures go; - prints them instead',
  },
  html: { type: 'string', valueHint: 'report.html', description: 'a page with figures, pictures and boxes' },
  scenes: {
    type: 'string',
    valueHint: 'plain',
    description: 'plain, wide (smaller, longer and more objects) or mixed; default plain',
  },
  batch: { type: 'string', valueHint: '8', description: 'pictures sampled at once, 1..256; default 8' },
  layouts: {
    type: 'string',
    valueHint: 'file.jsonl',
    description:
      'layouts of your own instead: { prompt, objects: [{ phrase, box, label }], image }; a real picture in image is judged, too',
  },
  ...detectorArgs,
  quiet: { type: 'boolean', description: 'print nothing but errors, and what --json - asks for' },
  ...sharedArgs,
} as const satisfies ArgsDef;

const USES = ['call', 'ablation'] as const;

interface EvaluateRequest {
  readonly scenes: Scenes;
  readonly detector?: DetectorRequest;
  readonly batch: number;
  readonly json?: string;
  /** Whether the figures are printed as JSON. */
  readonly printed: boolean;
  readonly html?: string;
  readonly model: ModelRequest;
  readonly sampling: SamplingRequest;
}

export async function evaluate(words: readonly string[], given: Io, services: Services): Promise<void> {
  const known = await knownPlugins(words, given.cwd);
  const flags = readFlags(words, withSettings(evaluateArgs, known, USES), 'spatiallock evaluate');
  const request = await readEvaluateRequest(flags, given.cwd, known);
  const io: Io = { ...given, quiet: flags.has('quiet') };
  const { scenes } = request;
  const model = await settlePlugins(request.model, known, scenes.layouts);
  const settings = recordedSettings(known, model.settings ?? {}, USES);
  const count = scenes.layouts.length;
  const bar = progressBar(io, count, 'loading');
  let report: Report;
  try {
    const { signal } = io;
    const { detector } = request;
    await removeLeftovers([request.json, request.html].filter((path) => path !== undefined));
    const chosen = { needsDetector: true, ...(detector ? { evaluator: detector } : {}) };
    const open = await reading(() =>
      services.open(model, { ...chosen, signal, ...loadingListeners(io, bar) }),
    );
    try {
      report = await measure(open, { ...request, model }, settings, signal, bar);
    } finally {
      await open.close();
    }
    bar.update(count, 'writing');
    const files = await reportFiles(report, request);
    signal.throwIfAborted();
    await writeFiles(files);
  } finally {
    bar.stop();
  }
  if (request.printed) io.stdout.write(reportJson(report));
  else {
    const files = [request.html, request.json].filter((path) => path !== undefined);
    for (const line of summary(report, request.scenes.own, files)) say(io, line);
  }
}

async function readEvaluateRequest(flags: Flags, cwd: string, known: KnownPlugins): Promise<EvaluateRequest> {
  const sampling = readSamplingRequest(flags, 1);
  const model = await readModelRequest(flags, cwd, known, USES);
  const [given, html] = [text(flags, 'json'), text(flags, 'html')];
  const printed = given === '-';
  const json = printed ? undefined : given;
  const count = wholeNumber(flags, 'count', { min: 1, max: 5000 });
  const variety = choice(flags, 'scenes', varieties);
  const file = text(flags, 'layouts');
  const detector = readDetector(flags, cwd);
  if (file !== undefined && variety !== undefined) {
    throw new InputError('--scenes: has no effect with --layouts; leave one of them out');
  }
  if (file === undefined && detector !== undefined) {
    throw new InputError('--detector: needs --layouts; the built-in scenes have their own detector');
  }
  requireSeeds(sampling.seed, count ?? 200);
  const scenes =
    file === undefined
      ? builtInScenes(sampling.seed, count ?? 200, variety ?? 'plain')
      : await ownScenes(file, count, cwd, known);
  requireSeeds(sampling.seed, scenes.layouts.length);
  return {
    printed,
    scenes,
    ...(detector ? { detector } : {}),
    batch: wholeNumber(flags, 'batch', { min: 1, max: 256 }) ?? 8,
    json: json === undefined ? undefined : await outputPath(cwd, json, '--json', ['.json']),
    html: html === undefined ? undefined : await outputPath(cwd, html, '--html', ['.html', '.htm']),
    model,
    sampling,
  };
}

/** Samples, judges the pictures, and judges real scenes of the same layouts beside them. */
async function measure(
  { pipe, evaluator }: OpenModel,
  { sampling, model, batch, scenes: given, detector }: EvaluateRequest,
  settings: Readonly<Record<string, SettingValue>>,
  signal: AbortSignal,
  bar: Progress,
): Promise<Report> {
  if (!evaluator) throw new InputError('detector: there is none at hand; evaluating needs one');
  await reading(() => pipe.check(given.layouts));
  const scenes = given.judged(evaluator);
  const settled = settledSampling(pipe, sampling);
  requireGuidance(sampling, settled.guidanceScale);
  const onProgress = (done: number, task: EvaluationTask) => bar.update(done, task);
  const measured = await evaluateScenes({
    ...sampling,
    ...{ pipe, evaluator, scenes, batch, signal, onProgress },
    ...(given.pictures ? { realPictures: (_, size) => given.pictures!(size) } : {}),
  });
  return {
    settings: {
      count: scenes.length,
      scenes: given.name,
      ...(detector ? { detector: detector.name } : {}),
      seed: sampling.seed,
      ...settled,
      ...settings,
      ...(model.plugins ? { plugins: model.plugins.map(({ module }) => module) } : {}),
      model: pipe.name,
      device: pipe.device,
      batch,
    },
    ...measured,
  };
}

async function reportFiles(report: Report, { json, html }: EvaluateRequest): Promise<OutputFile[]> {
  const files: OutputFile[] = [];
  if (html !== undefined) files.push({ path: html, content: await reportPage(report, howMade(report)) });
  if (json !== undefined) files.push({ path: json, content: reportJson(report) });
  return files;
}
