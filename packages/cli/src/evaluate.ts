// `spatiallock evaluate`: do objects stand where they were asked for?

import type { RgbImage } from '@spatiallock/core';
import {
  type EvaluationReport,
  type EvaluationSettings,
  type EvaluationTask,
  evaluateScenes,
  type Figures,
  reportJson,
  subsetNames,
  subsetTitles,
} from '@spatiallock/evaluation';
import { reportPage } from '@spatiallock/evaluation/report';
import { type HeldOutScene, heldOutScenes, realImages, type Variety, varieties } from '@spatiallock/scenes';
import type { ArgsDef } from 'citty';
import { InputError, reading } from './errors.js';
import { type OutputFile, outputPath, removeLeftovers, writeFiles } from './files.js';
import { choice, type Flags, readFlags, text, wholeNumber } from './flags.js';
import { settledSampling } from './generate.js';
import { type Io, say } from './io.js';
import { pogArgs, readPogStrength, settlePogStrength } from './pogGuidance.js';
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
import type { OpenModel, Services } from './services.js';

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
  'null-tokens': {
    type: 'boolean',
    description: "ablation: replace every object's grounding by PoI's learned nulls",
  },
  quiet: { type: 'boolean', description: 'print nothing but errors, and what --json - asks for' },
  ...pogArgs,
  ...sharedArgs,
} as const satisfies ArgsDef;

interface EvaluateRequest {
  readonly count: number;
  readonly variety: Variety;
  readonly batch: number;
  readonly json?: string;
  /** Whether the figures are printed as JSON. */
  readonly printed: boolean;
  readonly html?: string;
  readonly model: ModelRequest;
  readonly sampling: SamplingRequest;
}

interface Settings extends EvaluationSettings, ReturnType<typeof settledSampling> {
  readonly seed: number;
  /** PoI's strength. */
  readonly strength: number;
  /** The share of the calls in which PoI acts, where the request says so. */
  readonly poiUntil?: number;
  /** Strength of PoG's guidance; 0 is off. */
  readonly pog: number;
  readonly nullTokens: boolean;
  readonly device: string;
  readonly batch: number;
}

interface Report extends EvaluationReport {
  readonly settings: Settings;
}

export async function evaluate(words: readonly string[], given: Io, services: Services): Promise<void> {
  const flags = readFlags(words, evaluateArgs, 'spatiallock evaluate');
  const request = await readEvaluateRequest(flags, given.cwd);
  const io: Io = { ...given, quiet: flags.has('quiet') };
  const scenes = heldOutScenes(request.sampling.seed, request.count, request.variety);
  const layouts = scenes.map(({ layout }) => layout);
  const model = { ...request.model, pog: settlePogStrength(request.model, layouts) };
  const bar = progressBar(io, request.count, 'loading');
  let report: Report;
  try {
    const { signal } = io;
    await removeLeftovers([request.json, request.html].filter((path) => path !== undefined));
    const loading = { judged: true, signal, ...loadingListeners(io, bar) };
    const open = await reading(() => services.open(model, loading));
    try {
      report = await measure(open, scenes, { ...request, model }, signal, bar);
    } finally {
      await open.close();
    }
    bar.update(request.count, 'writing');
    const files = await reportFiles(report, request);
    signal.throwIfAborted();
    await writeFiles(files);
  } finally {
    bar.stop();
  }
  if (request.printed) io.stdout.write(reportJson(report));
  else for (const line of summary(report, request)) say(io, line);
}

async function readEvaluateRequest(flags: Flags, cwd: string): Promise<EvaluateRequest> {
  const sampling = readSamplingRequest(flags, 1);
  const model = await readModelRequest(flags, cwd);
  const [given, html] = [text(flags, 'json'), text(flags, 'html')];
  const printed = given === '-';
  const json = printed ? undefined : given;
  const count = wholeNumber(flags, 'count', { min: 1, max: 5000 }) ?? 200;
  requireSeeds(sampling.seed, count);
  return {
    count,
    printed,
    variety: choice(flags, 'scenes', varieties) ?? 'plain',
    batch: wholeNumber(flags, 'batch', { min: 1, max: 256 }) ?? 8,
    json: json === undefined ? undefined : await outputPath(cwd, json, '--json', ['.json']),
    html: html === undefined ? undefined : await outputPath(cwd, html, '--html', ['.html', '.htm']),
    model: { ...model, pog: readPogStrength(flags), nullTokens: flags.has('null-tokens') },
    sampling,
  };
}

/** Samples, judges the pictures, and judges real scenes of the same layouts beside them. */
async function measure(
  { pipe, judge }: OpenModel,
  scenes: readonly HeldOutScene[],
  { sampling, model, batch, count, variety }: EvaluateRequest,
  signal: AbortSignal,
  bar: Progress,
): Promise<Report> {
  if (!judge) throw new InputError('detector: there is none at hand; evaluating needs one');
  await reading(() => pipe.check(scenes.map(({ layout }) => layout)));
  const settled = settledSampling(pipe, sampling);
  requireGuidance(sampling, settled.guidanceScale);
  const onProgress = (done: number, task: EvaluationTask) => bar.update(done, task);
  const measured = await evaluateScenes({
    ...sampling,
    ...{ pipe, judge, scenes, batch, signal, onProgress },
    realPictures: realScenes,
  });
  return {
    settings: {
      count,
      scenes: variety,
      seed: sampling.seed,
      ...settled,
      strength: model.strength ?? 1,
      ...(model.poiUntil === undefined ? {} : { poiUntil: model.poiUntil }),
      pog: model.pog ?? 0,
      nullTokens: model.nullTokens ?? false,
      model: pipe.name,
      device: pipe.device,
      batch,
    },
    ...measured,
  };
}

async function realScenes(
  scenes: readonly HeldOutScene[],
  size: Parameters<typeof realImages>[1],
): Promise<RgbImage[]> {
  const { width, height } = size;
  if (width === height) return realImages(scenes, size);
  throw new InputError(`--model: paints ${width} x ${height} pixels; only square pictures can be evaluated`);
}

async function reportFiles(report: Report, { json, html }: EvaluateRequest): Promise<OutputFile[]> {
  const files: OutputFile[] = [];
  if (html !== undefined) files.push({ path: html, content: await reportPage(report, howMade(report)) });
  if (json !== undefined) files.push({ path: json, content: reportJson(report) });
  return files;
}

/** How the pictures were made, for the head of the page. */
function howMade({ settings, secondsPerPicture }: Report): string {
  const { lateGuidance, guidanceRescale } = settings;
  const late = lateGuidance ? ` (${lateGuidance.most} after ${lateGuidance.from} of the calls)` : '';
  const rescaled = guidanceRescale ? `, rescaled by ${guidanceRescale}` : '';
  return (
    `${settings.steps} steps of ${settings.scheduler}, guidance ${settings.guidanceScale}${late}${rescaled}, ` +
    `${settings.nullTokens ? "PoI's tokens nulled" : `PoI strength ${settings.strength}`}, ` +
    `${settings.pog > 0 ? `PoG strength ${settings.pog}` : 'no PoG'}, seed ${settings.seed}; ` +
    `${secondsPerPicture.toFixed(2)} s a picture on ${settings.device}.`
  );
}

function summary({ generated, real, secondsPerPicture }: Report, request: EvaluateRequest): string[] {
  const row = (name: string, { meanIoU, instanceSuccessRate, AP50, AP }: Figures): string =>
    [
      name.padEnd(11),
      ...[meanIoU, instanceSuccessRate, AP50, AP].map((figure) => figure.toFixed(3).padStart(9)),
    ].join('');
  const files = [request.html, request.json].filter((path) => path !== undefined);
  return [
    `${''.padEnd(11)} mean IoU  success     AP50       AP`,
    row('generated', generated),
    row('real scenes', real),
    ...subsetLines(generated, real),
    `${secondsPerPicture.toFixed(2)} s a picture`,
    ...files,
  ];
}

/** A line for each kind of harder object: how many there are, their figures, and those of real scenes. */
function subsetLines(generated: Figures, real: Figures): string[] {
  const width = Math.max(...subsetNames.map((name) => subsetTitles[name].length));
  const cell = (figure: number | null): string => (figure === null ? '-' : figure.toFixed(3)).padStart(9);
  return [
    '',
    `${''.padEnd(width)}  objects mean IoU  success real: IoU  success`,
    ...subsetNames.map((name) => {
      const [made, drawn] = [generated.subsets[name], real.subsets[name]];
      const figures = [made, drawn].flatMap((each) => [each.meanIoU, each.instanceSuccessRate]);
      const columns = figures.map(cell).join('');
      return `${subsetTitles[name].padEnd(width)}${String(made.instances).padStart(9)}${columns}`;
    }),
    '',
  ];
}
