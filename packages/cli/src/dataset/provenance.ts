// dataset.json: the settings that a data set was made with.

import { join } from 'node:path';
import { parseJson } from '@spatiallock/core/io';
import { readGuidanceInterval } from '@spatiallock/core/pipeline';
import { readTextFile } from '@spatiallock/node';
import { InputError } from '../errors.js';
import { writeFiles } from '../files.js';
import type { DatasetRequest } from './request.js';

/** The file that says how a data set was made: another one in its folder must not be mixed with it. */
export async function settleProvenance(
  folder: string,
  provenance: Readonly<Record<string, unknown>>,
  request: DatasetRequest,
): Promise<void> {
  const { verify, layouts, count, batch, sampling, splits } = request;
  const { cwd: _, flag: __, ...judged } = verify ?? { cwd: '', flag: '' };
  const own = `${JSON.stringify(
    {
      version: 1,
      ...{ provenance, seed: sampling.seed, count, batch, splits },
      verify: verify === undefined ? null : judged,
      layouts: layouts.filter((_, i) => i % count === 0).map(({ layout, labels }) => ({ ...layout, labels })),
    },
    null,
    1,
  )}\n`;
  const path = join(folder, 'dataset.json');
  const there = await readTextFile(path).catch(() => undefined);
  if (there === own || (there !== undefined && presentNames(there) === own)) return;
  if (there !== undefined) {
    const changed = changedFields(there, own).join(', ');
    throw new InputError(
      `--out: ${folder} holds a data set made with other settings (${changed}); give the same ones, or another folder`,
    );
  }
  await writeFiles([{ path, content: own }]);
}

/** Earlier versions wrote `guidanceInterval` as `lateGuidance`. */
function presentNames(there: string): string {
  try {
    const before = parseJson(there, 'it') as { readonly provenance: Readonly<Record<string, unknown>> };
    const entries = Object.entries(before.provenance).map(([name, value]) =>
      name === 'lateGuidance'
        ? ['guidanceInterval', readGuidanceInterval({ lateGuidance: value })]
        : [name, value],
    );
    return `${JSON.stringify({ ...before, provenance: Object.fromEntries(entries) }, null, 1)}\n`;
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
