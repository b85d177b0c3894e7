// Files of a training run: written under a temporary name, then renamed, so that a kill loses nothing.

import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { readSafetensors, type Tensors, writeSafetensors } from '@spatiallock/core';

export async function writeAtomically(path: string, bytes: Uint8Array | string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const temporary = `${path}.${process.pid}.tmp`;
  await writeFile(temporary, bytes);
  await rename(temporary, path);
}

export async function readTensors(path: string): Promise<Tensors> {
  return readSafetensors(new Uint8Array(await readFile(path)));
}

export async function readTensorsIfAny(path: string): Promise<Tensors | undefined> {
  return existsSync(path) ? readTensors(path) : undefined;
}

export async function writeTensors(path: string, tensors: Tensors): Promise<void> {
  await writeAtomically(path, writeSafetensors(tensors));
}
