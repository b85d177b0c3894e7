// Text files as editors of all systems write them.

import { readFile } from 'node:fs/promises';
import { checkPath } from './checkPath.js';
import { fileFault } from './fileFault.js';

type Encoding = 'utf-8' | 'utf-16le' | 'utf-16be' | 'utf-32';

/**
 * The text of a file in UTF-8 or UTF-16, which a byte-order mark or an ASCII letter at the beginning tells apart; the mark
 * is left out. Rejects with an error that names the file.
 */
export async function readTextFile(path: string): Promise<string> {
  checkPath(path, 'path', 'the path of a file');
  const bytes = await readFile(path).catch((cause: unknown) => {
    throw fileFault(path, 'read', cause);
  });
  const encoding = encodingOf(bytes);
  if (encoding === 'utf-32') throw new Error(`${path}: is UTF-32 text; save it as UTF-8`);
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new Error(`${path}: is not ${encoding.toUpperCase()} text; save it as UTF-8`, { cause });
  }
}

/** By the first letter: U+FEFF, or one of ASCII. */
function encodingOf(bytes: Uint8Array): Encoding {
  const [a = 1, b = 1, c = 1, d = 1] = bytes;
  const marked = a === 0xff && b === 0xfe;
  if ((b === 0 || marked) && c === 0 && d === 0) return 'utf-32';
  if (a === 0 && b === 0 && (c === 0 || c === 0xfe)) return 'utf-32';
  if (marked || (a !== 0 && b === 0)) return 'utf-16le';
  if ((a === 0xfe && b === 0xff) || (a === 0 && b !== 0)) return 'utf-16be';
  return 'utf-8';
}
