// What `dataset` is asked for.

import { resolve } from 'node:path';
import { messageOf } from '@spatiallock/core';
import { didYouMean, showValue } from '@spatiallock/core/checks';
import { readCategories } from '@spatiallock/core/modules';
import { type DataIssue, parseSplits, type SplitShare } from '@spatiallock/data';
import { InputError, reading } from '../errors.js';
import { choice, type Flags, filled, text, wholeNumber } from '../flags.js';
import { before } from '../jsonValues.js';
import { localFiles, localWords } from '../localModel.js';
import { type ModelRecord, modelRecord } from '../modelRecord.js';
import { type KnownPlugins, layoutFieldsOf } from '../plugins/known.js';
import { recordedSettings, type SettingValue } from '../plugins/settings.js';
import { settlePlugins } from '../plugins/settle.js';
import {
  type ModelRequest,
  readModelRequest,
  readSamplingRequest,
  requireSeeds,
  type SamplingRequest,
} from '../request.js';
import { type DatasetFormat, datasetFormats } from './assemble.js';
import type { Policy } from './paintBatch.js';
import { readQueue } from './redis.js';
import {
  type DatasetInput,
  type DatasetLayout,
  type DatasetSource,
  readDatasetLayouts,
  refuseLayouts,
} from './sources.js';
import { policies, readVerify, type VerifyRequest } from './verifyRequest.js';

export { datasetArgs } from './args.js';

export interface DatasetRequest extends Pick<DatasetInput, 'faults' | 'notes' | 'prefix'> {
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
  /** What lies over the model, for records. */
  readonly parts: ModelRecord;
  /** Settings of plugins, for records. */
  readonly settings: Readonly<Record<string, SettingValue>>;
  readonly sampling: SamplingRequest;
}

const MAX_PICTURES = 1_000_000;

/**
 * Reads flags and layouts; throws an InputError that lists what is at fault. `onIssue` is called for what is left out of a COCO
 * file, or cut off. Where some layouts are at fault and the model is on this disk, `faults` has them: those that only the model
 * can find belong into the same list.
 */
export async function readDatasetRequest(
  flags: Flags,
  cwd: string,
  known: KnownPlugins,
  onIssue?: (issue: DataIssue) => void,
): Promise<DatasetRequest> {
  const out = filled(flags, 'out');
  if (out === undefined) throw new InputError('--out: is missing; name the folder of the data set');
  const count = wholeNumber(flags, 'count', { min: 1, max: 10_000 }) ?? 1;
  const sampling = readSamplingRequest(flags, 1);
  const verify = await readVerify(flags, cwd);
  const source = sourceOf(flags);
  const classes = readClasses(text(flags, 'classes'));
  const asked = await readModelRequest(flags, cwd, known);
  const modelWords = await localWords(asked);
  const files = await localFiles(asked);
  const taught = files ? await reading(() => readCategories(files), '--model: ') : [];
  const { layouts: given, ...input } = await readDatasetLayouts(cwd, source, {
    fields: layoutFieldsOf(known),
    ...(modelWords ? { words: modelWords } : {}),
    taught: taught.map(({ name }) => name),
    ...(onIssue ? { onIssue } : {}),
    ...(source.flag === '--layouts' && classes ? { labels: classes } : {}),
  });
  if (input.faults.length > 0 && !files) refuseLayouts(input.prefix, input.faults);
  const labels = classes ?? [...new Set(given.flatMap((layout) => layout.labels))].sort();
  requireLabels(given, labels);
  requireKnown(Object.keys(verify?.least ?? {}), labels);
  const layouts = given.flatMap((layout) => Array.from({ length: count }, () => layout));
  if (layouts.length > MAX_PICTURES) {
    throw new InputError(`--count: ${layouts.length} pictures are too many; at most ${MAX_PICTURES}`);
  }
  requireSeeds(sampling.seed, layouts.length * ((verify?.retry ?? 0) + 1));
  const folder = resolve(cwd, out);
  const model = await settlePlugins(
    asked,
    known,
    given.map(({ layout }) => layout),
  );
  return {
    ...input,
    folder,
    formats: readFormats(text(flags, 'format')),
    layouts,
    count,
    splits: readSplits(text(flags, 'splits')),
    labels,
    ...(verify === undefined ? {} : { verify }),
    duplicates: choice(flags, 'duplicates', policies) ?? 'flag',
    licence: filled(flags, 'licence'),
    queue: readQueue(text(flags, 'queue')),
    batch: wholeNumber(flags, 'batch', { min: 1, max: 256 }) ?? 8,
    model,
    parts: await modelRecord(flags, cwd, asked),
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

function readClasses(given: string | undefined): string[] | undefined {
  const labels = given?.split(',').map((label) => label.trim());
  if (labels?.includes('')) throw new InputError('--classes: has an empty name; write dog,cat');
  const twice = labels?.find((label, i) => labels.indexOf(label) < i);
  if (twice === undefined) return labels;
  throw new InputError(`--classes: ${showValue(twice)} is there twice; name each class once`);
}

function requireLabels(layouts: readonly DatasetLayout[], labels: readonly string[]): void {
  const unknown = layouts.flatMap(({ labels: own, where }) =>
    own
      .filter((label) => !labels.includes(label))
      .map((label) => `--classes: ${before(where)}"${label}" is none of them`),
  );
  if (unknown.length === 0) return;
  throw new InputError(
    `--classes: ${unknown.length} objects are of other classes, see above; add their classes`,
    {
      details: unknown,
    },
  );
}

/** Classes that --min-iou names. */
function requireKnown(named: readonly string[], labels: readonly string[]): void {
  const unknown = named.find((label) => !labels.includes(label));
  if (unknown === undefined) return;
  throw new InputError(
    `--min-iou: ${showValue(unknown)} is no class of the layouts${didYouMean(unknown, labels)}; they have ${labels.slice(0, 8).join(', ')}`,
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
