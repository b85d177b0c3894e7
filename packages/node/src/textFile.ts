// Text files as editors of all systems write them.

import { constants } from 'node:buffer';
import { type FileHandle, open, readFile, stat } from 'node:fs/promises';
import { checkPath } from './checkPath.js';
import { fileFault } from './fileFault.js';

type Encoding = 'utf-8' | 'utf-16le' | 'utf-16be' | 'utf-32';

/**
 * The text of a file in UTF-8 or UTF-16, which a byte-order mark or an ASCII letter at the beginning tells apart; the mark
 * is left out. Rejects with an error that names the file.
 */
export async function readTextFile(path: string): Promise<string> {
  checkPath(path, 'path', 'the path of a file');
  if (!(await fitsText(path))) {
    throw new Error(
      `${path}: is too long to be read as one text; split it, or write a JSON value a line (.jsonl)`,
    );
  }
  const bytes = await readFile(path).catch((cause: unknown) => {
    throw fileFault(path, 'read', cause);
  });
  return decoderOf(path, bytes).decode(bytes);
}

/** Whether a file's text is at most as long as a string may be, so that `readTextFile` can read it. Rejects with an error that names the file. */
export async function fitsText(path: string): Promise<boolean> {
  checkPath(path, 'path', 'the path of a file');
  const { size } = await stat(path).catch((cause: unknown) => {
    throw fileFault(path, 'read', cause);
  });
  return size <= constants.MAX_STRING_LENGTH;
}

/** Bytes of a file that are read at once; the first ones tell the encoding. */
const PIECE = 2 ** 20;
const FIRST = 4;

/** The lines of a text file of any length, without their ends; encodings and errors are those of `readTextFile`. */
export function readLines(path: string): AsyncIterable<string> {
  checkPath(path, 'path', 'the path of a file');
  return { [Symbol.asyncIterator]: () => linesOf(textPieces(path)) };
}

/** The lines of a text that comes in pieces. */
export async function* linesOf(pieces: AsyncIterable<string>): AsyncGenerator<string> {
  let begun: string[] = [];
  for await (const piece of pieces) {
    const [first, ...more] = piece.split('\n');
    begun.push(first!);
    for (const next of more) {
      yield begun.join('').replace(/\r$/, '');
      begun = [next];
    }
  }
  const last = begun.join('').replace(/\r$/, '');
  if (last !== '') yield last;
}

/** The text of a file, as `readTextFile` gives it, by pieces of `size` bytes. */
export async function* textPieces(path: string, size = PIECE): AsyncGenerator<string> {
  const file = await open(path).catch((cause: unknown) => {
    throw fileFault(path, 'read', cause);
  });
  try {
    let bytes = await readPiece(file, path, FIRST);
    const { decode } = decoderOf(path, bytes);
    for (;;) {
      const isLast = bytes.length === 0;
      const text = decode(bytes, { stream: !isLast });
      if (text !== '') yield text;
      if (isLast) return;
      bytes = await readPiece(file, path, size);
    }
  } finally {
    await file.close();
  }
}

/** The bytes from where the last call ended. */
async function readPiece(file: FileHandle, path: string, size: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(size);
  const { bytesRead } = await file.read(bytes, 0, size).catch((cause: unknown) => {
    throw fileFault(path, 'read', cause);
  });
  return bytes.subarray(0, bytesRead);
}

/** Decodes the bytes of a text that begins with `first`. */
function decoderOf(path: string, first: Uint8Array) {
  const encoding = encodingOf(first);
  if (encoding === 'utf-32') throw new Error(`${path}: is UTF-32 text; save it as UTF-8`);
  const decoder = new TextDecoder(encoding, { fatal: true });
  return {
    decode(bytes: Uint8Array, options?: { readonly stream: boolean }): string {
      try {
        return decoder.decode(bytes, options);
      } catch (cause) {
        throw new Error(`${path}: is not ${encoding.toUpperCase()} text; save it as UTF-8`, { cause });
      }
    },
  };
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
