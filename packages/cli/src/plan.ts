// The pictures that a command makes, and which of them are there already.

import { readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { type Layout, messageOf } from '@spatiallock/core';
import { showValue } from '@spatiallock/core/checks';
import { readGuidanceInterval } from '@spatiallock/core/pipeline';
import { codeOf } from '@spatiallock/node';
import { InputError } from './errors.js';
import { besidePath, numberedPath } from './files.js';
import { countingParts } from './modelRecord.js';
import { type GenerationMetadata, type GenerationSettings, recordedSettings } from './record.js';
import type { VerifyRequest } from './verify.js';

export interface PlannedPicture {
  readonly layout: Layout;
  /** Of the first attempt. */
  readonly seed: number;
  readonly generation: GenerationSettings;
  readonly verify?: VerifyRequest;
  /** Absolute path of the picture. */
  readonly path: string;
  readonly recordPath: string;
}

export interface PlanOptions {
  /** Absolute path of the picture, or what numbered ones are named after. */
  readonly out: string;
  /** Of the first picture; each further one has the next. */
  readonly seed: number;
  readonly generation: GenerationSettings;
  readonly verify?: VerifyRequest;
}

/** A picture for each layout, in their order. */
export function planPictures(
  layouts: readonly Layout[],
  { out, seed, generation, verify }: PlanOptions,
): PlannedPicture[] {
  return layouts.map((layout, i) => {
    const path = numberedPath(out, i, layouts.length);
    return { layout, seed: seed + i, generation, verify, path, recordPath: besidePath(path, '.json') };
  });
}

/** The record of a picture that an earlier run of the same command completed. */
export type KeptPicture = GenerationMetadata | undefined;

/**
 * For each planned picture its record, if picture and record are there and were made by these very settings; undefined
 * where either is absent. Throws an InputError at the first that was made by others: a run never mixes pictures.
 */
export async function keptPictures(plan: readonly PlannedPicture[]): Promise<KeptPicture[]> {
  const kept: KeptPicture[] = [];
  for (const planned of plan) kept.push(await keptPicture(planned));
  return kept;
}

async function keptPicture(planned: PlannedPicture): Promise<KeptPicture> {
  const text = await readFile(planned.recordPath, 'utf8').catch((cause: unknown) => {
    if (codeOf(cause) === 'ENOENT') return undefined;
    throw cause;
  });
  if (text === undefined) return undefined;
  const record = recordOf(text, planned);
  const [wanted, found] = [settingsOf(planned), settingsIn(record)];
  const different = Object.keys({ ...wanted, ...found }).find(
    (name) => !isDeepStrictEqual(wanted[name], found[name]),
  );
  if (different !== undefined) {
    throw refusal(planned, `was made with ${difference(different, found, wanted)}`);
  }
  const picture = await stat(planned.path).catch(() => undefined);
  return picture?.isFile() ? record : undefined;
}

function recordOf(text: string, planned: PlannedPicture): GenerationMetadata {
  try {
    const record = JSON.parse(text);
    if (Array.isArray(record?.objects)) return presentNames(record);
  } catch (cause) {
    throw refusal(planned, `has a record that cannot be read (${messageOf(cause)})`);
  }
  throw refusal(planned, 'has a file beside it that is not its record');
}

/** Earlier versions wrote `guidanceInterval` as `lateGuidance`. */
function presentNames({ lateGuidance, ...record }: GenerationMetadata): GenerationMetadata {
  const guidanceInterval = readGuidanceInterval({ guidanceInterval: record.guidanceInterval, lateGuidance });
  return guidanceInterval ? { ...record, guidanceInterval } : record;
}

const refusal = ({ path }: PlannedPicture, why: string): InputError =>
  new InputError(`--out: ${basename(path)} ${why}; give another name, or --overwrite to paint all anew`);

type Settings = Readonly<Record<string, unknown>>;

/** All that decides a picture, as JSON keeps it. */
function settingsOf({ layout, seed, generation, verify }: PlannedPicture): Settings {
  return counting({ ...layout, seed, ...recordedSettings(generation), ...verify });
}

function settingsIn({
  picture: _,
  size,
  milliseconds,
  warnings,
  objects,
  verification,
  seed,
  ...generation
}: GenerationMetadata): Settings {
  const { retry, minIou, detector, detectorHash, attempts } = verification ?? {};
  const places = objects.map(({ detector: _, ...asked }) => asked);
  return counting({
    ...generation,
    objects: places,
    seed: attempts?.[0]?.seed ?? seed,
    retry,
    minIou,
    detector,
    detectorHash,
  });
}

/** The settings that are given, and of the model's parts those that its hash does not tell. */
function counting({ adapter: _, vae, grounding, revision, variant, ...settings }: Settings): Settings {
  const all = { ...settings, ...countingParts(settings) };
  return JSON.parse(JSON.stringify(all, (_, value: unknown) => value ?? undefined));
}

/** Names of settings whose values say little. */
const unspoken: Readonly<Record<string, string>> = {
  modelHash: 'weights',
  objects: 'objects',
  negativeObjects: 'negative objects',
  imageHash: 'contents of --image',
  maskHash: 'contents of --mask',
  embeddings: 'words of --embedding',
  tokenizer: 'contents of --tokenizer',
  config: 'contents of --config',
  detectorHash: 'weights in --detector-files',
  pluginFiles: 'contents of the files of its plugins',
};

function difference(name: string, found: Settings, wanted: Settings): string {
  const word = unspoken[name];
  if (word !== undefined) return `other ${word}`;
  const shown = ({ [name]: value }: Settings) =>
    value === undefined ? `no ${name}` : `${name} ${showValue(value)}`;
  return `${shown(found)}, not ${shown(wanted)}`;
}
