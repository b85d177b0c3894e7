// What `bench` is asked for.

import { resolve } from 'node:path';
import type { ArgsDef } from 'citty';
import { detectorArgs, readDetector } from '../detectors.js';
import { InputError } from '../errors.js';
import { outputPath } from '../files.js';
import { choice, type Flags, text, wholeNumber } from '../flags.js';
import { type ModelRecord, modelRecord } from '../modelRecord.js';
import type { KnownPlugins } from '../plugins/known.js';
import { settingFlags } from '../plugins/settings.js';
import {
  type ModelRequest,
  readModelRequest,
  readSamplingRequest,
  type SamplingRequest,
  sharedArgs,
} from '../request.js';
import type { DetectorRequest } from '../services.js';
import { type LayoutFormat, layoutFormats } from './readLayouts.js';

export const benchArgs = {
  layouts: { type: 'string', valueHint: 'file', description: 'what to paint and to judge; see --format' },
  format: {
    type: 'string',
    valueHint: 'csv',
    description: `${layoutFormats.join(', ')}: of 7Bench, C-Bench and O-Bench; COCO-MIG; OverLayBench; COCO; ours. Default: as the file looks`,
  },
  images: {
    type: 'string',
    valueHint: 'folder',
    description: "pictures named by their layouts' ids; without it the model paints them",
  },
  ...detectorArgs,
  count: {
    type: 'string',
    valueHint: '100',
    description: 'the first so many layouts that can be judged; default all',
  },
  batch: { type: 'string', valueHint: '8', description: 'pictures sampled at once, 1..256; default 8' },
  json: {
    type: 'string',
    valueHint: 'scores.json',
    description: 'where the scores go; - prints them instead',
  },
  'skip-bad': { type: 'boolean', description: 'go on without layouts that cannot be understood' },
  'skip-missing': { type: 'boolean', description: 'go on without layouts that have no picture in --images' },
  quiet: { type: 'boolean', description: 'print nothing but errors, and what --json - asks for' },
  ...sharedArgs,
} as const satisfies ArgsDef;

export interface BenchRequest {
  readonly layouts: string;
  readonly format?: LayoutFormat;
  readonly images?: string;
  readonly detector: DetectorRequest;
  readonly count?: number;
  readonly batch: number;
  readonly json?: string;
  readonly printed: boolean;
  readonly skipBad: boolean;
  readonly skipMissing: boolean;
  readonly model: ModelRequest;
  /** What is laid over the model. */
  readonly parts: ModelRecord;
  readonly sampling: SamplingRequest;
}

/** Reads the flags of `benchArgs`. Throws an InputError that names the flag at fault. */
export async function readBenchRequest(
  flags: Flags,
  cwd: string,
  known: KnownPlugins,
): Promise<BenchRequest> {
  const layouts = text(flags, 'layouts');
  if (layouts === undefined) throw new InputError('--layouts: is missing; give the file of the layouts');
  const [given, images] = [text(flags, 'json'), text(flags, 'images')];
  const printed = given === '-';
  const painting = [
    ...Object.keys(sharedArgs),
    'batch',
    ...known.flags.map(({ name }) => name),
    ...settingFlags(known, ['call']),
    // The detector computes, too.
  ].filter((name) => !['device', 'threads', 'precision'].includes(name));
  const idle = images === undefined ? undefined : painting.find((name) => flags.has(name));
  if (idle !== undefined)
    throw new InputError(`--${idle}: has no effect with --images; leave one of them out`);
  const model = await readModelRequest(flags, cwd, known);
  return {
    layouts,
    format: choice(flags, 'format', layoutFormats),
    images: images === undefined ? undefined : resolve(cwd, images),
    detector: readDetector(flags, cwd) ?? { name: 'center', cwd },
    count: wholeNumber(flags, 'count', { min: 1, max: 100_000 }),
    batch: wholeNumber(flags, 'batch', { min: 1, max: 256 }) ?? 8,
    json: given === undefined || printed ? undefined : await outputPath(cwd, given, '--json', ['.json']),
    printed,
    skipBad: flags.has('skip-bad'),
    skipMissing: flags.has('skip-missing'),
    model,
    parts: await modelRecord(flags, cwd, model),
    sampling: readSamplingRequest(flags, 1),
  };
}
