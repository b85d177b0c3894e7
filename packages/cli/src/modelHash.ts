// Tells models apart without reading gigabytes.

import { createHash } from 'node:crypto';
import { open, readdir, realpath, stat } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { readSafetensorsHead } from '@spatiallock/core/io';
import { isDirectory, openFile } from '@spatiallock/node';

/** Bytes that are read at each end of a file. */
const END = 2 ** 16;
const DIGITS = 16;

/**
 * A hash over the folders and files that a model is made of: names and sizes of all files, and both ends of each. Of
 * safetensors files it is over the tensors, and both ends of their numbers.
 */
export async function modelHash(places: readonly string[]): Promise<string> {
  const hashes = await Promise.all(places.map(placeHash));
  const [only] = hashes;
  if (hashes.length === 1) return only!;
  return createHash('sha256').update(hashes.join()).digest('hex').slice(0, DIGITS);
}

async function placeHash(place: string): Promise<string> {
  const hash = createHash('sha256');
  const isFolder = (await stat(place)).isDirectory();
  const folder = isFolder ? place : dirname(place);
  for (const path of isFolder ? await filesBelow(place) : [place]) {
    hash.update(`${relative(folder, path).replaceAll(sep, '/')} `);
    const file = await open(path);
    try {
      const { size } = await file.stat();
      const { head, start } = await contentOf(path, size);
      hash.update(`${head}${size - start}\n`);
      for (const at of size - start > END ? [start, size - END] : [start]) {
        const { bytesRead, buffer } = await file.read(Buffer.alloc(END), 0, END, at);
        hash.update(buffer.subarray(0, bytesRead));
      }
    } finally {
      await file.close();
    }
  }
  return hash.digest('hex').slice(0, DIGITS);
}

/**
 * What a file says before its bytes count from `start` on: of weights the tensors that have numbers, in any order, so that
 * a tag without numbers, which some tools leave in a checkpoint, makes no other model.
 */
async function contentOf(
  path: string,
  size: number,
): Promise<{ readonly head: string; readonly start: number }> {
  const plain = { head: '', start: 0 };
  if (!path.endsWith('.safetensors')) return plain;
  const file = await openFile(path);
  const header = file && attempt(() => readSafetensorsHead(file));
  if (!header) return plain;
  const { entries, metadata } = header;
  const counting = Object.entries(entries).filter(([, { byteLength }]) => byteLength > 0);
  const start = Math.min(size, ...counting.map(([, { byteOffset }]) => byteOffset));
  const tensors = counting.map(([name, { dtype, shape, byteOffset }]) => [
    ...[name, dtype, shape, byteOffset - start],
  ]);
  const head = JSON.stringify([tensors.sort(byName), Object.entries(metadata).sort(byName)]);
  return { head, start };
}

const byName = ([a]: readonly unknown[], [b]: readonly unknown[]): number => (String(a) < String(b) ? -1 : 1);

/** Undefined where a file is not what its name says: then all of its bytes count. */
function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

/** The files that make a model; what training keeps beside them does not, nor a card that is written into the folder. */
async function filesBelow(folder: string, above: readonly string[] = []): Promise<string[]> {
  const place = await realpath(folder);
  // A link to a folder that holds it leads to nothing new.
  if (above.includes(place)) return [];
  const names = await readdir(folder);
  const nested = names
    .filter((name) => !name.startsWith('.') && name !== 'training' && !name.endsWith('.md'))
    .map(async (name) => {
      const path = join(folder, name);
      return (await isDirectory(path)) ? filesBelow(path, [...above, place]) : [path];
    });
  return (await Promise.all(nested)).flat().sort();
}
