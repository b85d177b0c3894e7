// What earlier runs have painted: found, checked and read again.

import type { BatchWork } from './queue.js';
import { type DatasetRecord, hasPicture, idOf, isRecordOf, readRecord } from './record.js';

/**
 * The batches that an earlier run has finished, and whose files are there as it left them. Once one is found, `onChecked` is called
 * with the number of pictures that have been looked at. Rejects as soon as `signal` is aborted.
 */
export async function findPainted(
  folder: string,
  work: readonly BatchWork[],
  signal: AbortSignal,
  onChecked: (pictures: number) => void,
): Promise<BatchWork[]> {
  const painted: BatchWork[] = [];
  let hasPainted = false;
  for (const each of work) {
    const onPicture = (index: number): void => {
      hasPainted = true;
      onChecked(index + 1);
    };
    if (await isPainted(folder, each, signal, onPicture)) painted.push(each);
    else if (hasPainted) onChecked(each.batch.first + each.batch.rows.length);
  }
  return painted;
}

/** Whether a batch is whole; looks at the signal before each file, as a batch may be of hundreds of large pictures. */
async function isPainted(
  folder: string,
  { batch, layouts, splits }: BatchWork,
  signal: AbortSignal,
  onPicture: (index: number) => void,
): Promise<boolean> {
  for (const [i, layout] of layouts.entries()) {
    signal.throwIfAborted();
    const record = await readRecord(folder, idOf(batch.first + i));
    if (record === undefined || !isRecordOf(record, layout, splits[i]!)) return false;
    signal.throwIfAborted();
    if (!(await hasPicture(folder, record))) return false;
    onPicture(batch.first + i);
  }
  return true;
}

/** The records of all batches; `onRecords` is called with the number of those that are read. Rejects as soon as `signal` is aborted. */
export async function allRecords(
  folder: string,
  work: readonly BatchWork[],
  signal: AbortSignal,
  onRecords: (records: number) => void,
): Promise<DatasetRecord[]> {
  const records: DatasetRecord[] = [];
  for (const { batch } of work) {
    for (let i = 0; i < batch.rows.length; i++) {
      signal.throwIfAborted();
      const record = await readRecord(folder, idOf(batch.first + i));
      if (record === undefined) {
        throw new Error(
          `${folder}: records from ${idOf(batch.first)} on have been removed meanwhile; run the same command again`,
        );
      }
      records.push(record);
    }
    onRecords(records.length);
  }
  return records;
}
