// Files as they lie on a disk, and tensors of given shapes.

import { type FileOnDisk, type FileSource, type Tensors, tensor } from '@spatiallock/core';
import { writeSafetensors } from '@spatiallock/core/io';
import { type Checkpoint, openCheckpoint } from '../src/index.js';

/** Bytes as a file on a disk; `reads` notes which parts were read. */
export function onDisk(bytes: Uint8Array, path = '/disk/model.safetensors') {
  const reads: (readonly [offset: number, length: number])[] = [];
  const file: FileOnDisk = {
    path,
    size: bytes.length,
    read(offset, length) {
      reads.push([offset, length]);
      return bytes.slice(offset, offset + length);
    },
  };
  return { file, reads };
}

export function checkpointOf(tensors: Tensors, name = 'model.safetensors'): Checkpoint {
  return openCheckpoint(onDisk(writeSafetensors(tensors)).file, name);
}

/** Tensors of these shapes that hold nothing but zeros. */
export function zeros(shapes: Readonly<Record<string, readonly number[]>>): Tensors {
  const entries = Object.entries(shapes).map(
    ([name, shape]) => [name, tensor(new Float32Array(shape.reduce((a, b) => a * b, 1)), shape)] as const,
  );
  return Object.fromEntries(entries);
}

export const jsonOf = async (files: FileSource, path: string): Promise<Record<string, unknown>> =>
  JSON.parse(new TextDecoder().decode(await files.read(path)));
