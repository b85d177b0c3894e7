// What the words of `spatiallock evaluate` ask for.

import { varieties } from '@spatiallock/scenes';
import type { ArgsDef } from 'citty';
import { counted } from './counted.js';
import { detectorArgs, readDetectors } from './detectors.js';
import { InputError } from './errors.js';
import { builtInScenes, ownScenes, type Scenes } from './evaluateScenes.js';
import { outputPath } from './files.js';
import { choice, type Flags, text, wholeNumber } from './flags.js';
import { type ModelRecord, modelRecord } from './modelRecord.js';
import type { KnownPlugins } from './plugins/known.js';
import {
  type ModelRequest,
  readModelRequest,
  readSamplingRequest,
  requireSeeds,
  type SamplingRequest,
  sharedArgs,
} from './request.js';
import type { DetectorRequest } from './services.js';

/** Pictures of each layout of --varied. */
export const SEEDS = 16;

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
    description:
      'plain, wide (smaller, longer and more objects), crowded (more that hide each other) or mixed; default plain',
  },
  batch: { type: 'string', valueHint: '8', description: 'pictures sampled at once, 1..256; default 8' },
  layouts: {
    type: 'string',
    valueHint: 'file.jsonl',
    description:
      'layouts of your own instead: { prompt, objects: [{ phrase, box, label }], image }; a real picture in image is judged, too',
  },
  captions: {
    type: 'string',
    valueHint: '50',
    description: 'paint so many of the layouts from their captions alone, too, and look for what they name',
  },
  varied: {
    type: 'string',
    valueHint: '8',
    description: `paint so many of the layouts by ${SEEDS} seeds each, too, and measure how much the pictures differ`,
  },
  ...detectorArgs,
  detector: {
    ...detectorArgs.detector,
    description: `${detectorArgs.detector.description}; several give figures side by side, on the built-in scenes beside the model's own`,
  },
  quiet: { type: 'boolean', description: 'print nothing but errors, and what --json - asks for' },
  ...sharedArgs,
} as const satisfies ArgsDef;

/** What plugins' own flags are read for. */
export const USES = ['call', 'ablation'] as const;

/** What the words of `spatiallock evaluate` ask for. */
export interface EvaluateRequest {
  readonly scenes: Scenes;
  /** Judges: the first one in place of the model's own where layouts are the user's. */
  readonly detectors: readonly DetectorRequest[];
  readonly captions: number;
  readonly varied: number;
  readonly batch: number;
  readonly json?: string;
  /** Whether the figures are printed as JSON. */
  readonly printed: boolean;
  readonly html?: string;
  readonly model: ModelRequest;
  /** What is laid over the model. */
  readonly parts: ModelRecord;
  readonly sampling: SamplingRequest;
}

/** Reads and checks the flags, and the layouts that they name. Rejects with an InputError that names the flag. */
export async function readEvaluateRequest(
  flags: Flags,
  cwd: string,
  known: KnownPlugins,
): Promise<EvaluateRequest> {
  const sampling = readSamplingRequest(flags, 1);
  const model = await readModelRequest(flags, cwd, known, USES);
  const [given, html] = [text(flags, 'json'), text(flags, 'html')];
  const printed = given === '-';
  const json = printed ? undefined : given;
  const count = wholeNumber(flags, 'count', { min: 1, max: 5000 });
  const variety = choice(flags, 'scenes', varieties);
  const file = text(flags, 'layouts');
  const [captions, varied] = (['captions', 'varied'] as const).map(
    (name) => wholeNumber(flags, name, { min: 1, max: 5000 }) ?? 0,
  );
  if (file !== undefined && variety !== undefined) {
    throw new InputError('--scenes: has no effect with --layouts; leave one of them out');
  }
  requireSeeds(sampling.seed, count ?? 200);
  const scenes =
    file === undefined
      ? builtInScenes(sampling.seed, count ?? 200, variety ?? 'plain')
      : await ownScenes(file, count, cwd, known);
  requireSeeds(sampling.seed, Math.max(scenes.layouts.length, SEEDS * varied!));
  for (const [name, asked] of Object.entries({ captions: captions!, varied: varied! })) {
    if (asked <= scenes.layouts.length) continue;
    throw new InputError(
      `--${name}: there ${scenes.layouts.length === 1 ? 'is' : 'are'} ${counted(scenes.layouts.length, 'layout')} only; give no more`,
    );
  }
  return {
    printed,
    scenes,
    detectors: readDetectors(flags, cwd),
    ...{ captions: captions!, varied: varied! },
    batch: wholeNumber(flags, 'batch', { min: 1, max: 256 }) ?? 8,
    json: json === undefined ? undefined : await outputPath(cwd, json, '--json', ['.json']),
    html: html === undefined ? undefined : await outputPath(cwd, html, '--html', ['.html', '.htm']),
    model,
    parts: await modelRecord(flags, cwd, model),
    sampling,
  };
}
