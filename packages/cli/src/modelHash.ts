// Tells models apart without reading gigabytes.

import { createHash } from 'node:crypto';
import { open, readdir, stat } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';

/** Bytes that are read at each end of a file. */
const END = 2 ** 16;
const DIGITS = 16;

/** A hash over the folders and files that a model is made of: names and sizes of all files, and both ends of each. */
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
    const file = await open(path);
    try {
      const { size } = await file.stat();
      hash.update(`${relative(folder, path).replaceAll(sep, '/')} ${size}\n`);
      for (const start of size > END ? [0, size - END] : [0]) {
        const { bytesRead, buffer } = await file.read(Buffer.alloc(END), 0, END, start);
        hash.update(buffer.subarray(0, bytesRead));
      }
    } finally {
      await file.close();
    }
  }
  return hash.digest('hex').slice(0, DIGITS);
}

/** The files that make a model; what training keeps beside them does not. */
async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const nested = entries
    .filter(({ name }) => !name.startsWith('.') && name !== 'training')
    .map((entry) => {
      const path = join(folder, entry.name);
      return entry.isDirectory() ? filesBelow(path) : [path];
    });
  return (await Promise.all(nested)).flat().sort();
}
