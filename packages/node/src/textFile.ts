// Text files as editors of all systems write them.

import { readFile } from 'node:fs/promises';
import { fileFault } from './fileFault.js';

/**
 * The text of a file in UTF-8, or in UTF-16 behind a byte-order mark; the mark is left out. Rejects with an error that
 * names the file.
 */
export async function readTextFile(path: string): Promise<string> {
  const bytes = await readFile(path).catch((cause: unknown) => {
    throw fileFault(path, 'read', cause);
  });
  const [first, second] = bytes;
  const label =
    first === 0xff && second === 0xfe ? 'utf-16le' : first === 0xfe && second === 0xff ? 'utf-16be' : 'utf-8';
  try {
    return new TextDecoder(label, { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new Error(`${path}: is not ${label.toUpperCase()} text; save it as UTF-8`, { cause });
  }
}
