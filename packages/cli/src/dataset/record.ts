// What the data set keeps of each picture, in a file of its own, so that a killed run goes on.

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
  /** Index of the layout. */
  readonly layout: number;
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
}

/** Nine digits at most; names sort as numbers do. */
export const idOf = (index: number): string => String(index).padStart(6, '0');

export const recordPath = (folder: string, id: string): string => join(folder, 'records', `${id}.json`);
export const imagePath = (split: string, id: string): string => `images/${split}/${id}.png`;

export const recordText = (record: DatasetRecord): string => `${JSON.stringify(record, null, 2)}\n`;

/** The record of an earlier run, or undefined. */
export async function readRecord(folder: string, id: string): Promise<DatasetRecord | undefined> {
  const text = await readTextFile(recordPath(folder, id)).catch(() => undefined);
  if (text === undefined) return undefined;
  return parseJson(text, recordPath(folder, id)) as DatasetRecord;
}
