// Tensors in safetensors files.

import { access, readFile } from 'node:fs/promises';
import type { Tensors } from '@spatiallock/core';
import { checkKeys } from '@spatiallock/core/checks';
import { type FileOnDisk, openSafetensors, readSafetensors, writeSafetensors } from '@spatiallock/core/io';
import { writeFileAtomically } from './atomicFile.js';
import { checkPath } from './checkPath.js';
import { openFile } from './directory.js';
import { codeOf, fileFault } from './fileFault.js';

/** Options of `readTensors`. */
export interface ReadTensorsOptions {
  /**
   * Gives each tensor memory of its own, which can be written over and freed by itself, instead of a view of the whole file. Default
   * false.
   */
  readonly separate?: boolean;
}

/** The tensors of a safetensors file; rejects, naming the file, where it is missing or malformed. */
export async function readTensors(path: string, options: ReadTensorsOptions = {}): Promise<Tensors> {
  checkPath(path, 'path', 'the path of a file');
  checkKeys(options, ['separate'], 'options');
  const file = await opened(path).catch((cause: unknown) => {
    throw fileFault(path, 'read', cause);
  });
  try {
    return options.separate ? separately(file) : readSafetensors(file.read(0, file.size));
  } catch (cause) {
    if (codeOf(cause) !== undefined) throw fileFault(path, 'read', cause);
    throw new Error(`${path}: ${cause instanceof Error ? cause.message : cause}`, { cause });
  }
}

/** A file; what is none, such as a pipe, is read whole. Reading in parts has no limit of 2 GiB, as `readFile` has. */
async function opened(path: string): Promise<Pick<FileOnDisk, 'size' | 'read'>> {
  await access(path);
  const file = await openFile(path);
  if (file) return { size: file.size, read: file.read };
  const bytes = await readFile(path);
  return { size: bytes.byteLength, read: (offset, length) => bytes.slice(offset, offset + length) };
}

function separately(file: FileOnDisk): Tensors {
  const tensors = Object.entries(openSafetensors(file));
  return Object.fromEntries(
    tensors.map(([name, { dtype, shape, data }]) => [name, { dtype, shape, data }] as const),
  );
}

/** As `readTensors`; undefined where there is no such file. */
export async function readTensorsIfAny(
  path: string,
  options: ReadTensorsOptions = {},
): Promise<Tensors | undefined> {
  checkPath(path, 'path', 'the path of a file');
  return readTensors(path, options).catch((cause: unknown) => {
    if (codeOf(cause) === 'ENOENT') return undefined;
    throw cause;
  });
}

/** Writes a safetensors file; a kill leaves the old file or the new one. */
export async function writeTensors(path: string, tensors: Tensors): Promise<void> {
  checkPath(path, 'path', 'the path of a file');
  await writeFileAtomically(path, writeSafetensors(tensors));
}
