// Tensors in safetensors files.

import { readFile } from 'node:fs/promises';
import { readSafetensors, type Tensors, writeSafetensors } from '@spatiallock/core';
import { writeFileAtomically } from './atomicFile.js';

/** The tensors of a safetensors file; rejects where it is missing or malformed. */
export async function readTensors(path: string): Promise<Tensors> {
  return readSafetensors(new Uint8Array(await readFile(path)));
}

/** As `readTensors`; undefined where there is no such file. */
export async function readTensorsIfAny(path: string): Promise<Tensors | undefined> {
  return readTensors(path).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') return undefined;
    throw cause;
  });
}

/** Writes a safetensors file; a kill leaves the old file or the new one. */
export async function writeTensors(path: string, tensors: Tensors): Promise<void> {
  await writeFileAtomically(path, writeSafetensors(tensors));
}
