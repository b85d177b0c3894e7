// The pictures that a training left out when it began, kept beside its state: one that is resumed learns from the same ones.

import { join } from 'node:path';
import { parseJsonObject } from '@spatiallock/core/io';
import { codeOf, readTextFile } from '@spatiallock/node';
import { remedied } from '../remedy.js';
import { TRAINING_FOLDER } from './outFolder.js';

const REMEDY = 'restore it, or remove it to have the pictures looked at anew';

/** The name of the file in `training/`. */
export const BAD_PICTURES = 'bad-pictures.json';

/** What is wrong with each, by `pictureField`. */
export type BadPictures = Readonly<Record<string, string>>;

export const badPicturesText = (bad: BadPictures): string => `${JSON.stringify(bad, null, 2)}\n`;

/** Undefined in a folder of an earlier version, which kept no list. Rejects, naming the file, where it is damaged. */
export async function readBadPictures(out: string): Promise<BadPictures | undefined> {
  const path = join(out, TRAINING_FOLDER, BAD_PICTURES);
  const text = await readTextFile(path).catch((cause: unknown) => {
    if (codeOf(cause) === 'ENOENT') return undefined;
    throw cause;
  });
  if (text === undefined) return undefined;
  const bad = await remedied(async () => parseJsonObject(text, path), REMEDY);
  if (Object.values(bad).every((message) => typeof message === 'string')) return bad as BadPictures;
  throw new Error(`${path} must say what is wrong with each picture; ${REMEDY}`);
}
