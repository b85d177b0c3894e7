// Small files that stand beside another.

import { extname } from 'node:path';
import { openFile } from './directory.js';
import { readTextFile } from './textFile.js';

/** The text of the file with the same name and the first of these extensions that is there. */
export async function textBeside(path: string, extensions: readonly string[]): Promise<string | undefined> {
  const bare = path.slice(0, path.length - extname(path).length) || path;
  for (const extension of extensions) {
    const beside = `${extname(path) === '' ? path : bare}${extension}`;
    if (await openFile(beside)) return readTextFile(beside);
  }
  return undefined;
}
