// What `dataset` is asked for.

import { mkdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import { messageOf } from '@spatiallock/core';
import { parseSplits, type SplitShare } from '@spatiallock/data';
import type { ArgsDef } from 'citty';
import { detectorArgs } from '../detectors.js';
import { InputError, reading } from '../errors.js';
import { choice, type Flags, number, text, wholeNumber } from '../flags.js';
import type { KnownPlugins } from '../plugins/known.js';
import { recordedSettings, type SettingValue } from '../plugins/settings.js';
import { settlePlugins } from '../plugins/settle.js';
import {
  type ModelRequest,
  readModelRequest,
  readSamplingRequest,
  requireSeeds,
  type SamplingRequest,
  sharedArgs,
} from '../request.js';
import type { DetectorRequest } from '../services.js';
import { type DatasetFormat, datasetFormats } from './assemble.js';
import type { Policy } from './paintBatch.js';
import { type DatasetLayout, type DatasetSource, readDatasetLayouts } from './sources.js';

const policies = ['keep', 'flag', 'drop'] as const satisfies readonly Policy[];

export const datasetArgs = {
  layouts: { type: 'string', valueHint: 'file', description: 'layouts to paint: a JSON list, or one a line' },
  spec: {
    type: 'string',
    valueHint: 'file',
    description: 'classes, sizes and captions of layouts drawn at random',
  },
  coco: {
    type: 'string',
    valueHint: 'file',
    description: "somebody's COCO file, whose boxes are painted anew",
  },
  out: {
    type: 'string',
    alias: 'o',
    valueHint: 'folder',
    description: 'where the data set goes; made if missing',
  },
  format: {
    type: 'string',
    valueHint: 'coco,yolo',
    description: `${datasetFormats.join(', ')}, one or several between commas; default coco`,
  },
  count: {
    type: 'string',
    valueHint: '1',
    description: 'pictures of each layout, with seeds of their own; default 1',
  },
  splits: {
    type: 'string',
    valueHint: 'train=0.8,val=0.2',
    description: 'parts and their shares; all pictures of a layout lie in one; default train=1',
  },
  classes: {
    type: 'string',
    valueHint: 'dog,cat',
    description: 'the classes in their order; default those of the layouts, by the alphabet',
  },
  verify: {
    type: 'string',
    valueHint: 'builtin',
    description: 'judge every picture: builtin (the scenes), nanodet, or a module, a path or a package',
  },
  'detector-files': detectorArgs['detector-files'],
  'min-iou': {
    type: 'string',
    valueHint: '0.5,dog=0.6',
    description: 'the overlap that every object must reach, and those of single classes; default 0.5',
  },
  retry: {
    type: 'string',
    valueHint: '0',
    description: 'draw again, up to so many times, 0..100; default 0',
  },
  failed: {
    type: 'string',
    valueHint: 'drop',
    description: 'pictures that miss a box: keep, flag or drop; default drop',
  },
  unasked: {
    type: 'string',
    valueHint: 'flag',
    description: 'pictures with objects that nobody asked for: keep, flag or drop; default flag',
  },
  duplicates: {
    type: 'string',
    valueHint: 'flag',
    description: 'pictures that look like an earlier one: keep, flag or drop; default flag',
  },
  licence: { type: 'string', valueHint: 'name', description: 'of the pictures, for their metadata' },
  queue: {
    type: 'string',
    valueHint: 'redis://host:6379',
    description: 'leave the painting to `spatiallock worker` on any machine, by jobs of a Redis',
  },
  batch: { type: 'string', valueHint: '8', description: 'pictures sampled at once, 1..256; default 8' },
  quiet: { type: 'boolean', description: 'print nothing but errors' },
  ...sharedArgs,
} as const satisfies ArgsDef;

export interface VerifyRequest extends DetectorRequest {
  /** By class; the one without a name holds for all others. */
  readonly least: Readonly<Record<string, number>>;
  readonly otherwise: number;
  readonly retry: number;
  readonly failed: Policy;
  readonly unasked: Policy;
}

export interface DatasetRequest {
  readonly folder: string;
  readonly formats: readonly DatasetFormat[];
  /** One for each picture. */
  readonly layouts: readonly DatasetLayout[];
  /** Pictures of each layout. */
  readonly count: number;
  readonly splits: readonly SplitShare[];
  readonly labels: readonly string[];
  readonly verify?: VerifyRequest;
  readonly duplicates: Policy;
  readonly licence?: string;
  /** Address of the Redis whose workers paint. */
  readonly queue?: string;
  readonly batch: number;
  readonly model: ModelRequest;
  /** Settings of plugins, for records. */
  readonly settings: Readonly<Record<string, SettingValue>>;
  readonly sampling: SamplingRequest;
}

const MAX_PICTURES = 1_000_000;

/** Reads flags and layouts; throws an InputError that lists every fault before anything is painted. */
export async function readDatasetRequest(
  flags: Flags,
  cwd: string,
  known: KnownPlugins,
): Promise<DatasetRequest> {
  const out = text(flags, 'out');
  if (out === undefined) throw new InputError('--out: is missing; name the folder of the data set');
  const count = wholeNumber(flags, 'count', { min: 1, max: 10_000 }) ?? 1;
  const sampling = readSamplingRequest(flags, 1);
  const verify = readVerify(flags, cwd);
  const source = sourceOf(flags);
  const classes = text(flags, 'classes')
    ?.split(',')
    .map((label) => label.trim());
  const given = await readDatasetLayouts(cwd, source, source.flag === '--layouts' ? classes : undefined);
  const labels = classes ?? [...new Set(given.flatMap((layout) => layout.labels))].sort();
  requireLabels(given, labels);
  const layouts = given.flatMap((layout) => Array.from({ length: count }, () => layout));
  if (layouts.length > MAX_PICTURES) {
    throw new InputError(`--count: ${layouts.length} pictures are too many; at most ${MAX_PICTURES}`);
  }
  requireSeeds(sampling.seed, layouts.length * ((verify?.retry ?? 0) + 1));
  const folder = resolve(cwd, out);
  const model = await settlePlugins(
    await readModelRequest(flags, cwd, known),
    known,
    given.map(({ layout }) => layout),
    { recommended: false },
  );
  return {
    folder,
    formats: readFormats(text(flags, 'format')),
    layouts,
    count,
    splits: readSplits(text(flags, 'splits')),
    labels,
    ...(verify === undefined ? {} : { verify }),
    duplicates: choice(flags, 'duplicates', policies) ?? 'flag',
    licence: text(flags, 'licence'),
    queue: readQueue(text(flags, 'queue')),
    batch: wholeNumber(flags, 'batch', { min: 1, max: 256 }) ?? 8,
    model,
    settings: recordedSettings(known, model.settings ?? {}, ['call']),
    sampling,
  };
}

function sourceOf(flags: Flags): DatasetSource {
  const given = (['layouts', 'spec', 'coco'] as const).filter((name) => flags.has(name));
  const [name] = given;
  if (given.length !== 1 || name === undefined) {
    throw new InputError('--layouts, --spec, --coco: give one of them, the file of what to paint');
  }
  return { flag: `--${name}`, file: text(flags, name)! };
}

function requireLabels(layouts: readonly DatasetLayout[], labels: readonly string[]): void {
  if (labels.some((label) => label === ''))
    throw new InputError('--classes: has an empty name; write dog,cat');
  const unknown = layouts.flatMap(({ labels: own, where }) =>
    own
      .filter((label) => !labels.includes(label))
      .map((label) => `--classes: ${where}: "${label}" is none of them`),
  );
  if (unknown.length === 0) return;
  throw new InputError(
    `--classes: ${unknown.length} objects are of other classes, see above; add their classes`,
    {
      details: unknown,
    },
  );
}

function readFormats(given: string | undefined): DatasetFormat[] {
  const names = (given ?? 'coco').split(',').map((name) => name.trim());
  return names.map((name) => {
    const known = datasetFormats.find((format) => format === name);
    if (known !== undefined) return known;
    throw new InputError(`--format: must be of ${datasetFormats.join(', ')}, not ${name || 'empty'}`);
  });
}

function readSplits(given: string | undefined): SplitShare[] {
  try {
    return parseSplits(given ?? 'train=1');
  } catch (cause) {
    throw new InputError(`--splits: ${messageOf(cause)}`, { cause });
  }
}

function readVerify(flags: Flags, cwd: string): VerifyRequest | undefined {
  const name = text(flags, 'verify');
  const retry = wholeNumber(flags, 'retry', { min: 0, max: 100 });
  const [failed, unasked] = [choice(flags, 'failed', policies), choice(flags, 'unasked', policies)];
  const [files, iou] = [text(flags, 'detector-files'), text(flags, 'min-iou')];
  if (name === undefined) {
    const idle = (['retry', 'failed', 'unasked', 'detector-files', 'min-iou'] as const).find((flag) =>
      flags.has(flag),
    );
    if (idle !== undefined) throw new InputError(`--${idle}: needs --verify`);
    return undefined;
  }
  return {
    name: name === 'builtin' ? 'center' : name,
    flag: '--verify',
    ...(files === undefined ? {} : { files }),
    cwd,
    ...readLeast(iou ?? '0.5', flags),
    retry: retry ?? 0,
    failed: failed ?? 'drop',
    unasked: unasked ?? 'flag',
  };
}

/** "0.5", "dog=0.6" or both between commas. */
function readLeast(given: string, flags: Flags): Pick<VerifyRequest, 'least' | 'otherwise'> {
  const least: Record<string, number> = {};
  let otherwise = 0.5;
  for (const part of given.split(',')) {
    const at = part.lastIndexOf('=');
    const value = number(new Map([...flags, ['min-iou', [part.slice(at + 1).trim()]]]), 'min-iou', {
      min: 0,
      max: 1,
    });
    if (at < 0) otherwise = value!;
    else least[part.slice(0, at).trim()] = value!;
  }
  return { least, otherwise };
}

/** Checks the address of a Redis. */
export function readQueue(given: string | undefined): string | undefined {
  if (given === undefined || /^rediss?:\/\/[^\s]+$/.test(given)) return given;
  throw new InputError(`--queue: must be an address such as redis://localhost:6379, not ${given || 'empty'}`);
}

/** Makes the data set's folder. */
export const makeFolder = (folder: string): Promise<unknown> =>
  reading(() => mkdir(folder, { recursive: true }), '--out: ');
