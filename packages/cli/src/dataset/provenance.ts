// dataset.json: the settings that a data set was made with.

import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { parseJson } from '@spatiallock/core/io';
import { readGuidanceInterval } from '@spatiallock/core/pipeline';
import { readTextFile } from '@spatiallock/node';
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
  const own = `${JSON.stringify(
    {
      version: 1,
      ...{ provenance, seed: sampling.seed, count, batch, splits, labels, duplicates },
      verify: verify === undefined ? null : judged,
      layouts: layouts.filter((_, i) => i % count === 0).map(({ layout, labels }) => ({ ...layout, labels })),
    },
    null,
    1,
  )}\n`;
  const path = join(folder, 'dataset.json');
  const there = await readTextFile(path).catch(() => undefined);
  if (there === own || (there !== undefined && presentNames(there, own) === own)) return;
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
  await writeFiles([{ path, content: own }]);
}

async function hasRecords(folder: string): Promise<boolean> {
  const names = await readdir(join(folder, 'records')).catch(() => []);
  return names.some((name) => /^\d+\.json$/.test(name));
}

/** Earlier versions wrote `guidanceInterval` as `lateGuidance`, and neither `labels` nor `duplicates`. */
function presentNames(there: string, own: string): string {
  try {
    const [before, now] = [there, own].map((each) => parseJson(each, 'it') as Fields) as [Fields, Fields];
    const provenance = Object.entries(before.provenance as Fields).map(([name, value]) =>
      name === 'lateGuidance'
        ? ['guidanceInterval', readGuidanceInterval({ lateGuidance: value })]
        : [name, value],
    );
    const { labels = now.labels, duplicates = now.duplicates } = before;
    const present: Fields = { ...before, labels, duplicates, provenance: Object.fromEntries(provenance) };
    return `${JSON.stringify(Object.fromEntries(Object.keys(now).map((name) => [name, present[name]])), null, 1)}\n`;
  } catch {
    return there;
  }
}

function changedFields(there: string, own: string): string[] {
  try {
    const [before, now] = [there, own].map((text) => parseJson(text, 'it') as Record<string, unknown>);
    const names = [...new Set([...Object.keys(before!), ...Object.keys(now!)])];
    return names.filter((name) => JSON.stringify(before![name]) !== JSON.stringify(now![name]));
  } catch {
    return ['its dataset.json cannot be read'];
  }
}
