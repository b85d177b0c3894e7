// What the data set keeps of each picture, in a file of its own, so that a killed run goes on.

import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { Box } from '@spatiallock/core';
import { parseJson } from '@spatiallock/core/io';
import { readTextFile } from '@spatiallock/node';

export type Verdict = 'kept' | 'flagged' | 'dropped';

export interface DatasetObject {
  readonly label: string;
  readonly phrase: string;
  readonly box: Box;
  /** Overlap with what the detector saw: 0 where it saw none, null where it was not judged. */
  readonly iou: number | null;
}

/** Of one picture; two runs write the same bytes. */
export interface DatasetRecord {
  readonly id: string;
  /** The layout's place in its file, from 0. */
  readonly layout: number;
  /** Name of the picture whose boxes were painted anew, in a COCO file. */
  readonly source?: string;
  readonly split: string;
  readonly prompt: string;
  readonly objects: readonly DatasetObject[];
  readonly seed: number;
  /** Seeds that were tried; the picture is of the one in `seed`. */
  readonly attempts: readonly number[];
  readonly verdict: Verdict;
  /** Why it is not simply kept, a line each. */
  readonly reasons: readonly string[];
  /** What the detector saw that nobody asked for. */
  readonly unasked: readonly { readonly label: string; readonly box: Box; readonly score: number }[];
  readonly width: number;
  readonly height: number;
  /** Relative to the data set's folder; absent where the picture was dropped. */
  readonly file?: string;
  /** What was asked for and could not count, such as words beyond the text encoder's length. */
  readonly warnings?: readonly string[];
  /** The picture's difference hash. */
  readonly hash: string;
  /** How it was made: model, sampling settings, licence. */
  readonly provenance: Readonly<Record<string, unknown>>;
}

/** Nine digits at most; names sort as numbers do. */
export const idOf = (index: number): string => String(index).padStart(6, '0');

export const recordPath = (folder: string, id: string): string => join(folder, 'records', `${id}.json`);
export const imagePath = (split: string, id: string): string => `images/${split}/${id}.png`;

export const recordText = (record: DatasetRecord): string => `${JSON.stringify(record, null, 2)}\n`;

/** The record of an earlier run; undefined where there is none, or where it is damaged. */
export async function readRecord(folder: string, id: string): Promise<DatasetRecord | undefined> {
  try {
    const record = parseJson(await readTextFile(recordPath(folder, id)), id);
    return isRecord(record) && record.id === id ? record : undefined;
  } catch {
    return undefined;
  }
}

/** Whether all that is read of a record is there. */
function isRecord(value: unknown): value is DatasetRecord {
  if (typeof value !== 'object' || value === null) return false;
  const record = value as Partial<Record<keyof DatasetRecord, unknown>>;
  const lists = [record.objects, record.attempts, record.reasons, record.unasked];
  const texts = [record.id, record.split, record.prompt, record.verdict, record.hash];
  const numbers = [record.layout, record.seed, record.width, record.height];
  return (
    lists.every(Array.isArray) &&
    texts.every((each) => typeof each === 'string') &&
    numbers.every((each) => typeof each === 'number') &&
    (record.file === undefined || record.file === imagePath(record.split as string, record.id as string))
  );
}

/** The last chunk of every PNG file, with its length and checksum. */
const PNG_END = Uint8Array.of(0, 0, 0, 0, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82);

/** Whether the picture of a record is there, and whole as far as its end tells. */
export async function hasPicture(folder: string, { file }: DatasetRecord): Promise<boolean> {
  if (file === undefined) return true;
  const handle = await open(join(folder, file)).catch(() => undefined);
  if (!handle) return false;
  try {
    const { size } = await handle.stat();
    const { buffer } = await handle.read(
      Buffer.alloc(PNG_END.length),
      0,
      PNG_END.length,
      size - PNG_END.length,
    );
    return PNG_END.every((byte, i) => buffer[i] === byte);
  } catch {
    return false;
  } finally {
    await handle.close();
  }
}
