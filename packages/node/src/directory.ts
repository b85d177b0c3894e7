// A folder on disk as a source and a sink of files.

import { type BigIntStats, closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { open, realpath, stat } from 'node:fs/promises';
import { isAbsolute, join, normalize, sep } from 'node:path';
import type { FileOnDisk, FileSink, FileSource } from '@spatiallock/core';
import { writeFileAtomically } from './atomicFile.js';
import { checkPath } from './checkPath.js';

/** Node reads at most 2 GiB at once. */
const PIECE = 2 ** 30;

/**
 * The files under a folder, by relative paths with `/`. A missing file reads as undefined; writing goes through a
 * temporary name. Paths that lead out of the folder are refused.
 */
export function directory(path: string): FileSource & FileSink {
  checkPath(path, 'path', 'the path of a folder');
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
    onDisk: async (file) => openFile(place(file)),
    write: async (file, bytes) => writeFileAtomically(place(file), bytes),
  };
}

/** Whether there is a folder at that path. */
export async function isDirectory(path: string): Promise<boolean> {
  checkPath(path, 'path', 'the path of a folder');
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

/**
 * A file, to be read in parts; undefined where there is none. Links are followed: runtimes refuse those that lead out of a
 * folder, as the hub's cache has them.
 */
export async function openFile(path: string): Promise<FileOnDisk | undefined> {
  checkPath(path, 'path', 'the path of a file');
  if (!(await statIfAny(path))?.isFile()) return undefined;
  const place = await realpath(path);
  const opened = await stat(place, { bigint: true });
  const size = Number(opened.size);
  return { path: place, size, read: (offset, length) => readPart(place, opened, offset, length) };
}

function readPart(path: string, opened: BigIntStats, offset: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  const file = openSync(path, 'r');
  try {
    const now = fstatSync(file, { bigint: true });
    if (now.ino !== opened.ino || now.mtimeNs !== opened.mtimeNs) {
      throw new Error(`${path}: was replaced while it was in use; load the model again`);
    }
    for (let at = 0; at < length; ) {
      const count = readSync(file, bytes, at, Math.min(PIECE, length - at), offset + at);
      if (count === 0) throw new Error(`${path}: became shorter while it was in use`);
      at += count;
    }
  } finally {
    closeSync(file);
  }
  return bytes;
}

function unlessMissing(cause: NodeJS.ErrnoException): undefined {
  if (cause.code === 'ENOENT' || cause.code === 'ENOTDIR') return undefined;
  throw cause;
}
