// A folder on disk as a source and a sink of files.

import { open, stat } from 'node:fs/promises';
import { isAbsolute, join, normalize, sep } from 'node:path';
import type { FileSink, FileSource } from '@spatiallock/core';
import { writeFileAtomically } from './atomicFile.js';

/** Node reads at most 2 GiB at once. */
const PIECE = 2 ** 30;

/**
 * The files under a folder, by relative paths with `/`. A missing file reads as undefined; writing goes through a
 * temporary name. Paths that lead out of the folder are refused.
 */
export function directory(path: string): FileSource & FileSink {
  const place = (file: string): string => {
    const inside = normalize(file);
    if (isAbsolute(inside) || inside === '..' || inside.startsWith(`..${sep}`)) {
      throw new Error(`${file}: leads out of the folder ${path}`);
    }
    return join(path, inside);
  };
  return {
    read: async (file) => readIfAny(place(file)),
    exists: async (file) => (await statIfAny(place(file)))?.isFile() ?? false,
    write: async (file, bytes) => writeFileAtomically(place(file), bytes),
  };
}

/** Whether there is a folder at that path. */
export async function isDirectory(path: string): Promise<boolean> {
  return (await statIfAny(path))?.isDirectory() ?? false;
}

async function statIfAny(path: string) {
  return stat(path).catch(unlessMissing);
}

async function readIfAny(path: string): Promise<Uint8Array | undefined> {
  const file = await open(path).catch(unlessMissing);
  if (!file) return undefined;
  try {
    const { size } = await file.stat();
    const bytes = new Uint8Array(size);
    let at = 0;
    while (at < size) {
      const { bytesRead } = await file.read(bytes, at, Math.min(PIECE, size - at), at);
      if (bytesRead === 0) throw new Error(`${path}: became shorter while it was read`);
      at += bytesRead;
    }
    return bytes;
  } finally {
    await file.close();
  }
}

function unlessMissing(cause: NodeJS.ErrnoException): undefined {
  if (cause.code === 'ENOENT' || cause.code === 'ENOTDIR') return undefined;
  throw cause;
}
