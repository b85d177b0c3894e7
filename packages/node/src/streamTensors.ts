// Safetensors files of any size, written a tensor at a time.

import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { DType, Tensor, Tensors } from '@spatiallock/core';
import { checkKeys, checkObject } from '@spatiallock/core/checks';
import {
  float16ToFloat32,
  float32ToFloat16,
  layoutSafetensors,
  type QuantizedDType,
  quantizedDTypes,
} from '@spatiallock/core/io';
import { syncFolder, temporaryName } from './atomicFile.js';
import { checkPath } from './checkPath.js';
import { fileFault } from './fileFault.js';
import { makeFolder } from './makeFolder.js';
import { type FilePart, quantizedParts } from './quantizedParts.js';
import { piecesOf } from './tensorPieces.js';

/** Options of `streamTensors`. */
export interface StreamTensorsOptions {
  /**
   * What numbers with a fraction are written as; default: as they are. `int8` and `int4` write matrices and kernels as codes
   * with scales, the rest in float32.
   */
  readonly dtype?: 'float32' | 'float16' | QuantizedDType;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  /** Called with the number of bytes written so far. */
  readonly onBytes?: (bytes: number) => void;
}

/**
 * Writes a safetensors file as `writeSafetensors` of the core lays it out, with no more than one tensor in memory, and of
 * those that lie in files no more than a piece. A kill leaves the old file or the new one. Rejects, naming the tensor, where
 * a number is too large for half precision.
 */
export async function streamTensors(
  path: string,
  tensors: Tensors,
  options: StreamTensorsOptions = {},
): Promise<void> {
  checkPath(path);
  checkObject(tensors, 'tensors');
  checkKeys(options, ['dtype', 'metadata', 'signal', 'onBytes'], 'options');
  const { dtype, metadata, signal, onBytes } = options;
  const { parts, metadata: added } = isQuantized(dtype)
    ? quantizedParts(tensors, dtype, plainPart)
    : {
        parts: Object.fromEntries(
          Object.entries(tensors).map(([name, each]) => [name, plainPart(name, each, dtype)]),
        ),
        metadata: {},
      };
  const { head, names } = layoutSafetensors(parts, { ...metadata, ...added });
  const temporary = temporaryName(path);
  const unwritten = (cause: unknown): never => {
    throw fileFault(path, 'written', cause);
  };
  await makeFolder(dirname(path)).catch(unwritten);
  try {
    const file = await open(temporary, 'wx').catch(unwritten);
    try {
      await write(file, head, path);
      for (const name of names) {
        for await (const bytes of parts[name]!.pieces()) {
          signal?.throwIfAborted();
          await write(file, bytes, path);
          onBytes?.(bytes.byteLength);
        }
      }
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path).catch(unwritten);
  } catch (cause) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw cause;
  }
  await syncFolder(dirname(path));
}

const isQuantized = (dtype: StreamTensorsOptions['dtype']): dtype is QuantizedDType =>
  quantizedDTypes.some((each) => each === dtype);

/** A tensor in its own type, or its numbers with a fraction in another. */
function plainPart(name: string, tensor: Tensor, wanted?: 'float32' | 'float16'): FilePart {
  const { dtype: own, shape } = tensor;
  const dtype = wanted !== undefined && (own === 'float32' || own === 'float16') ? wanted : own;
  return {
    dtype,
    shape,
    async *pieces() {
      for await (const piece of piecesOf(tensor)) yield converted(piece, dtype, name);
    },
  };
}

async function write(file: FileHandle, bytes: Uint8Array, path: string): Promise<void> {
  await file.writeFile(bytes).catch((cause: unknown) => {
    throw fileFault(path, 'written', cause);
  });
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
