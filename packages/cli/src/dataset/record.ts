// What the data set keeps of each picture, in a file of its own, so that a killed run goes on.

import { join } from 'node:path';
import type { Box } from '@spatiallock/core';
import { parseJson } from '@spatiallock/core/io';
import { differenceHash } from '@spatiallock/data';
import { readImage, readTextFile } from '@spatiallock/node';
import type { DatasetLayout } from './sources.js';

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

const isFields = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Whether all that is read of a record is there. */
function isRecord(value: unknown): value is DatasetRecord {
  if (!isFields(value)) return false;
  const record = value as Partial<Record<keyof DatasetRecord, unknown>>;
  const entries = [record.objects, record.unasked];
  const lists = [record.attempts, record.reasons];
  const texts = [record.id, record.split, record.prompt, record.verdict, record.hash];
  const numbers = [record.layout, record.seed, record.width, record.height];
  return (
    lists.every(Array.isArray) &&
    entries.every((each) => Array.isArray(each) && each.every(isFields)) &&
    isFields(record.provenance) &&
    texts.every((each) => typeof each === 'string') &&
    numbers.every((each) => typeof each === 'number') &&
    (record.file === undefined) === (record.verdict === 'dropped') &&
    (record.file === undefined || record.file === imagePath(record.split as string, record.id as string))
  );
}

/** Whether a record is of this layout: what it says of its objects becomes the labels. */
export function isRecordOf(record: DatasetRecord, { layout, labels }: DatasetLayout, split: string): boolean {
  const asked = layout.objects.map(({ phrase, box }, i) => [labels[i], phrase, box]);
  const told = record.objects.map(({ label, phrase, box }) => [label, phrase, box]);
  return (
    record.split === split &&
    record.prompt === layout.prompt &&
    JSON.stringify(told) === JSON.stringify(asked)
  );
}

/** Whether the picture of a record is there, can be read, and is the one that was painted. */
export async function hasPicture(
  folder: string,
  { file, width, height, hash }: DatasetRecord,
): Promise<boolean> {
  if (file === undefined) return true;
  const image = await readImage(join(folder, file)).catch(() => undefined);
  return image?.width === width && image.height === height && differenceHash(image) === hash;
}
