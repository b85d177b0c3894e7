// dataset.json: the settings that a data set was made with.

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isJsonObject } from '@spatiallock/core/io';
import { readGuidanceInterval } from '@spatiallock/core/pipeline';
import { jsonText, readJsonFile } from '@spatiallock/node';
import { InputError } from '../errors.js';
import { writeFiles } from '../files.js';
import { requireNoOther } from './folders.js';
import type { DatasetRequest } from './request.js';

type Fields = Readonly<Record<string, unknown>>;

/** The file that says how a data set was made: another one in its folder must not be mixed with it. */
export async function settleProvenance(
  folder: string,
  provenance: Readonly<Record<string, unknown>>,
  request: DatasetRequest,
): Promise<void> {
  const { verify, layouts, count, batch, sampling, splits, labels, duplicates } = request;
  const { cwd: _, flag: __, ...judged } = verify ?? { cwd: '', flag: '' };
  const own: Fields = {
    version: 1,
    ...{ provenance, seed: sampling.seed, count, batch, splits, labels, duplicates },
    verify: verify === undefined ? null : judged,
    layouts: layouts.filter((_, i) => i % count === 0).map(({ layout, labels }) => ({ ...layout, labels })),
  };
  const path = join(folder, 'dataset.json');
  if ((await fileHash(path)) === hashOf(textOf(own))) return;
  const there = await readThere(path);
  if (there !== undefined && isSame(presentNames(there, own), own)) return;
  // Without a picture there is nothing to mix: an earlier run ended before its first one.
  const painted = await hasRecords(folder);
  if (there === undefined && painted) {
    throw new InputError(
      `--out: ${folder} holds records of pictures without the dataset.json that says how they were made; put it back, or name another folder`,
    );
  }
  if (there !== undefined && painted) {
    const changed = changedFields(there, own).join(', ');
    throw new InputError(
      `--out: ${folder} holds a data set made with other settings (${changed}); give the same ones, or another folder`,
    );
  }
  if (there === undefined) await requireNoOther(request);
  await writeFiles([{ path, content: textOf(own) }]);
}

async function hasRecords(folder: string): Promise<boolean> {
  const names = await readdir(join(folder, 'records')).catch(() => []);
  return names.some((name) => /^\d+\.json$/.test(name));
}

const textOf = (fields: Fields): Iterable<string> => jsonText(fields, 1);

/** Of texts that may be longer than a string can be. */
function hashOf(pieces: Iterable<string>): string {
  const hash = createHash('sha256');
  for (const piece of pieces) hash.update(piece);
  return hash.digest('hex');
}

const isSame = (a: Fields, b: Fields): boolean => hashOf(textOf(a)) === hashOf(textOf(b));

/** Undefined where there is no such file. */
async function fileHash(path: string): Promise<string | undefined> {
  const hash = createHash('sha256');
  try {
    for await (const bytes of createReadStream(path)) hash.update(bytes as Uint8Array);
  } catch {
    return undefined;
  }
  return hash.digest('hex');
}

/** What the file says: nothing where it is damaged, undefined where it is not there. */
async function readThere(path: string): Promise<Fields | undefined> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) return undefined;
  const value = await readJsonFile(path).catch(() => undefined);
  return isJsonObject(value) ? value : {};
}

/** Earlier versions wrote `guidanceInterval` as `lateGuidance`, and neither `labels` nor `duplicates`. */
function presentNames(before: Fields, now: Fields): Fields {
  try {
    const provenance = Object.entries(before.provenance as Fields).map(([name, value]) =>
      name === 'lateGuidance'
        ? ['guidanceInterval', readGuidanceInterval({ lateGuidance: value })]
        : [name, value],
    );
    const { labels = now.labels, duplicates = now.duplicates } = before;
    const present: Fields = { ...before, labels, duplicates, provenance: Object.fromEntries(provenance) };
    return Object.fromEntries(Object.keys(now).map((name) => [name, present[name]]));
  } catch {
    return before;
  }
}

function changedFields(before: Fields, now: Fields): string[] {
  if (Object.keys(before).length === 0) return ['its dataset.json cannot be read'];
  const names = [...new Set([...Object.keys(before), ...Object.keys(now)])];
  return names.filter((name) => !isSame({ [name]: before[name] }, { [name]: now[name] }));
}
