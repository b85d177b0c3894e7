// Pictures of a data set that look like earlier ones.

import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { eventLoopTurn } from '@spatiallock/core/checks';
import { duplicateFinder } from '@spatiallock/data';
import { writeFiles } from '../files.js';
import type { Policy } from './paintBatch.js';
import { type DatasetRecord, imagePath, recordPath, recordText } from './record.js';

/** Pictures after which the event loop gets a turn. */
const TURN = 100;

/**
 * Finds near-duplicates among the pictures that are kept, in their order, and rewrites the records of those that `policy` flags
 * or drops; with `keep` nobody looks for them. Gives all records as they stand then. Rejects as soon as `signal` is aborted.
 */
export async function judgeDuplicates(
  folder: string,
  records: readonly DatasetRecord[],
  policy: Policy,
  signal: AbortSignal,
): Promise<DatasetRecord[]> {
  const originalOf = policy === 'keep' ? new Map<never, never>() : await originals(records, signal);
  const judged: DatasetRecord[] = [];
  for (const record of records) {
    signal.throwIfAborted();
    // A run that was killed right after it dropped a picture has left the file.
    if (record.file === undefined)
      await rm(join(folder, imagePath(record.split, record.id)), { force: true });
    const original = originalOf.get(record);
    const reason = `looks like ${original?.id}`;
    if (!original || record.reasons.includes(reason)) {
      judged.push(record);
      continue;
    }
    const { file, ...rest } = record;
    const reasons = [...record.reasons, reason];
    const changed: DatasetRecord =
      policy === 'drop'
        ? { ...rest, verdict: 'dropped', reasons }
        : { ...record, verdict: 'flagged', reasons };
    await writeFiles([{ path: recordPath(folder, record.id), content: recordText(changed) }]);
    if (policy === 'drop') await rm(join(folder, file!), { force: true });
    judged.push(changed);
  }
  return judged;
}

/** For each picture that looks like an earlier one, that one. */
async function originals(
  records: readonly DatasetRecord[],
  signal: AbortSignal,
): Promise<ReadonlyMap<DatasetRecord, DatasetRecord>> {
  const shown = records.filter(({ file }) => file !== undefined);
  const find = duplicateFinder();
  const found = new Map<DatasetRecord, DatasetRecord>();
  for (const [i, record] of shown.entries()) {
    if (i % TURN === TURN - 1) await eventLoopTurn();
    signal.throwIfAborted();
    const original = find(record.hash);
    if (original !== undefined) found.set(record, shown[original]!);
  }
  return found;
}
