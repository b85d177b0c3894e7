// Tensors as a file keeps them in a few bits: codes, and scales beside them.

import type { Shape, Tensor, Tensors } from '@spatiallock/core';
import {
  type CodedEntry,
  encodeNumbers,
  type FileDType,
  formatQuantization,
  QUANTIZATION_KEY,
  type QuantizedDType,
  quantizedAs,
  scalesOf,
} from '@spatiallock/core/io';
import { numbersOf } from './tensorPieces.js';

/** What stands under a name in a file. */
export interface FilePart {
  readonly dtype: FileDType;
  readonly shape: Shape;
  /** Its bytes in their order. */
  pieces(): AsyncIterable<Uint8Array>;
}

/**
 * Each tensor that is kept in a few bits as two parts, the others by `plain` in float32; and what the file's metadata say of
 * them. Numbers are read twice, once for the scales, so that one tensor at a time is in memory.
 */
export function quantizedParts(
  tensors: Tensors,
  to: QuantizedDType,
  plain: (name: string, tensor: Tensor, dtype: 'float32') => FilePart,
): {
  readonly parts: Readonly<Record<string, FilePart>>;
  readonly metadata: Readonly<Record<string, string>>;
} {
  const coded: Record<string, CodedEntry> = {};
  const parts: Record<string, FilePart> = {};
  for (const [name, tensor] of Object.entries(tensors)) {
    const kind = quantizedAs(tensor, to);
    if (!kind) {
      parts[name] = plain(name, tensor, 'float32');
      continue;
    }
    if (Object.hasOwn(tensors, scalesOf(name)))
      throw new Error(
        `${scalesOf(name)}: is a name that the scales of ${name} need; write float32 or float16`,
      );
    coded[name] = kind;
    const encoded = async () => encodeNumbers(await numbersOf(tensor), tensor.shape, kind);
    const [rows = 1, ...rest] = tensor.shape;
    const width = rest.reduce((product, n) => product * n, 1);
    parts[name] = {
      dtype: kind.bits === 8 ? 'int8' : 'uint8',
      shape: kind.bits === 8 ? tensor.shape : [rows, Math.ceil(width / 2)],
      async *pieces() {
        yield (await encoded()).codes;
      },
    };
    parts[scalesOf(name)] = {
      dtype: 'float32',
      shape: [rows, Math.ceil(width / kind.block)],
      async *pieces() {
        const { scales } = await encoded();
        yield new Uint8Array(scales.buffer, scales.byteOffset, scales.byteLength);
      },
    };
  }
  return { parts, metadata: { [QUANTIZATION_KEY]: formatQuantization(coded) } };
}
