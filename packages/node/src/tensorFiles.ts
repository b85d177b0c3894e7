// Tensors in safetensors files.

import { access, readFile } from 'node:fs/promises';
import type { Tensors } from '@spatiallock/core';
import { readSafetensors, writeSafetensors } from '@spatiallock/core/io';
import { writeFileAtomically } from './atomicFile.js';
import { checkPath } from './checkPath.js';
import { openFile } from './directory.js';
import { codeOf, fileFault } from './fileFault.js';

/** The tensors of a safetensors file; rejects, naming the file, where it is missing or malformed. */
export async function readTensors(path: string): Promise<Tensors> {
  checkPath(path, 'path', 'the path of a file');
  const bytes = await readWhole(path).catch((cause: unknown) => {
    throw fileFault(path, 'read', cause);
  });
  try {
    return readSafetensors(bytes);
  } catch (cause) {
    throw new Error(`${path}: ${cause instanceof Error ? cause.message : cause}`, { cause });
  }
}

/** Files of more than 2 GiB, too, which `readFile` refuses. */
async function readWhole(path: string): Promise<Uint8Array> {
  await access(path);
  const file = await openFile(path);
  return file ? file.read(0, file.size) : readFile(path);
}

/** As `readTensors`; undefined where there is no such file. */
export async function readTensorsIfAny(path: string): Promise<Tensors | undefined> {
  checkPath(path, 'path', 'the path of a file');
  return readTensors(path).catch((cause: unknown) => {
    if (codeOf(cause) === 'ENOENT') return undefined;
    throw cause;
  });
}

/** Writes a safetensors file; a kill leaves the old file or the new one. */
export async function writeTensors(path: string, tensors: Tensors): Promise<void> {
  checkPath(path, 'path', 'the path of a file');
  await writeFileAtomically(path, writeSafetensors(tensors));
}
