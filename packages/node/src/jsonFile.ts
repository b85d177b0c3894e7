// JSON files of any length.

import { checkText } from '@spatiallock/core/checks';
import { parseJson } from '@spatiallock/core/io';
import { checkPath } from './checkPath.js';
import { jsonReader } from './jsonReader.js';
import { fitsText, readTextFile, textPieces } from './textFile.js';

/**
 * The value of a JSON file, see `parseJson` of `@spatiallock/core/io`. A file that is longer than a string may be is read in
 * pieces; no single item of its outer lists may be so long. Rejects with an error that names the file, or that begins with `what`
 * where its text is not JSON.
 */
export async function readJsonFile(path: string, what = path): Promise<unknown> {
  checkPath(path, 'path', 'the path of a file');
  checkText(what, 'what');
  return (await fitsText(path)) ? parseJson(await readTextFile(path), what) : readJsonInPieces(path, what);
}

/** `readJsonFile`, by pieces of `size` bytes. */
export async function readJsonInPieces(path: string, what: string, size?: number): Promise<unknown> {
  const reader = jsonReader(what);
  for await (const piece of textPieces(path, size)) reader.push(piece);
  return reader.end();
}
