// Safetensors files of any size, written a tensor at a time.

import { type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type DType, sizeOf, type Tensor, type Tensors } from '@spatiallock/core';
import { float16ToFloat32, float32ToFloat16, layoutSafetensors } from '@spatiallock/core/io';
import { syncFolder, temporaryName } from './atomicFile.js';
import { fileFault } from './fileFault.js';

/** Options of `streamTensors`. */
export interface StreamTensorsOptions {
  /** What numbers with a fraction are written as; default: as they are. */
  readonly dtype?: 'float32' | 'float16';
  readonly metadata?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  /** Called with the number of bytes written so far. */
  readonly onBytes?: (bytes: number) => void;
}

/** Numbers that are held at once. */
const PIECE = 2 ** 22;

/**
 * Writes a safetensors file as `writeSafetensors` of the core lays it out, with no more than one tensor in memory, and of
 * those that lie in files no more than a piece. A kill leaves the old file or the new one. Rejects, naming the tensor, where
 * a number is too large for half precision.
 */
export async function streamTensors(
  path: string,
  tensors: Tensors,
  { dtype, metadata, signal, onBytes }: StreamTensorsOptions = {},
): Promise<void> {
  const typeOf = ({ dtype: own }: Tensor): DType =>
    dtype !== undefined && (own === 'float32' || own === 'float16') ? dtype : own;
  const described = Object.entries(tensors).map(
    ([name, each]) => [name, { dtype: typeOf(each), shape: each.shape }] as const,
  );
  const { head, names } = layoutSafetensors(Object.fromEntries(described), metadata);
  const temporary = temporaryName(path);
  await mkdir(dirname(path), { recursive: true });
  try {
    const file = await open(temporary, 'wx');
    try {
      await write(file, head, path);
      for (const name of names) {
        const tensor = tensors[name]!;
        for await (const piece of piecesOf(tensor)) {
          signal?.throwIfAborted();
          const bytes = converted(piece, typeOf(tensor), name);
          await write(file, bytes, path);
          onBytes?.(bytes.byteLength);
        }
      }
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (cause) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw cause;
  }
  await syncFolder(dirname(path));
}

async function write(file: FileHandle, bytes: Uint8Array, path: string): Promise<void> {
  await file.writeFile(bytes).catch((cause: unknown) => {
    throw fileFault(path, 'written', cause);
  });
}

/** A tensor's numbers in their order; what lies in a file is read there, and not kept. */
async function* piecesOf(tensor: Tensor): AsyncGenerator<Tensor['data']> {
  const { place } = tensor;
  if (!place) {
    const { data } = tensor;
    for (let at = 0; at < data.length; at += PIECE) yield data.subarray(at, at + PIECE);
    return;
  }
  const file = await open(place.path, 'r').catch((cause: unknown) => {
    throw fileFault(place.path, 'read', cause);
  });
  try {
    const count = sizeOf(tensor.shape);
    for (let at = 0; at < count; at += PIECE) {
      const numbers = new Float32Array(Math.min(PIECE, count - at));
      const { bytesRead } = await file.read(numbers, 0, numbers.byteLength, place.offset + 4 * at);
      if (bytesRead < numbers.byteLength)
        throw new Error(`${place.path}: became shorter while it was in use`);
      yield numbers;
    }
  } finally {
    await file.close();
  }
}

function converted(data: Tensor['data'], dtype: DType, name: string): Uint8Array {
  const numbers =
    data instanceof Uint16Array && dtype === 'float32'
      ? float16ToFloat32(data)
      : data instanceof Float32Array && dtype === 'float16'
        ? halves(data, name)
        : data;
  return new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);
}

const MOST_HALF = 0x7bff;

function halves(data: Float32Array, name: string): Uint16Array {
  const bits = float32ToFloat16(data);
  const large = bits.findIndex((half) => (half & 0x7fff) > MOST_HALF);
  if (large < 0) return bits;
  throw new Error(
    `${name} holds ${data[large]}, which half precision cannot (at most 65504 in size, and finite); write it in float32`,
  );
}
