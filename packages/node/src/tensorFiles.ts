// Tensors in safetensors files.

import { readFile } from 'node:fs/promises';
import type { Tensors } from '@spatiallock/core';
import { readSafetensors, writeSafetensors } from '@spatiallock/core/io';
import { writeFileAtomically } from './atomicFile.js';
import { codeOf, fileFault } from './fileFault.js';

/** The tensors of a safetensors file; rejects, naming the file, where it is missing or malformed. */
export async function readTensors(path: string): Promise<Tensors> {
  const bytes = await readFile(path).catch((cause: unknown) => {
    throw fileFault(path, 'read', cause);
  });
  try {
    return readSafetensors(new Uint8Array(bytes));
  } catch (cause) {
    throw new Error(`${path}: ${cause instanceof Error ? cause.message : cause}`, { cause });
  }
}

/** As `readTensors`; undefined where there is no such file. */
export async function readTensorsIfAny(path: string): Promise<Tensors | undefined> {
  return readTensors(path).catch((cause: unknown) => {
    if (codeOf(cause) === 'ENOENT') return undefined;
    throw cause;
  });
}

/** Writes a safetensors file; a kill leaves the old file or the new one. */
export async function writeTensors(path: string, tensors: Tensors): Promise<void> {
  await writeFileAtomically(path, writeSafetensors(tensors));
}
