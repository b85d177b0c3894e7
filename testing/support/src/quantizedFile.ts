import type { Tensors } from '@spatiallock/core';
import {
  type CodedEntry,
  encodeNumbers,
  formatQuantization,
  layoutSafetensors,
  QUANTIZATION_KEY,
  type QuantizedDType,
  quantizedAs,
  scalesOf,
} from '@spatiallock/core/io';

/** The bytes of a safetensors file whose tensors are kept in a few bits, but for those that stay as they are. */
export function quantizedFile(tensors: Tensors, dtype: QuantizedDType): Uint8Array {
  const known: Record<string, CodedEntry> = {};
  const parts: Record<string, Part> = {};
  for (const [name, { data, shape }] of Object.entries(tensors)) {
    const kind = quantizedAs({ dtype: 'float32', shape }, dtype);
    if (!kind) {
      parts[name] = numbers(data as Float32Array, shape);
      continue;
    }
    known[name] = kind;
    const { codes, scales } = encodeNumbers(data as Float32Array, shape, kind);
    parts[name] = { dtype: dtype === 'int8' ? 'int8' : 'uint8', shape: [codes.length], bytes: codes };
    parts[scalesOf(name)] = numbers(scales, [scales.length]);
  }
  const { head, names, byteLength } = layoutSafetensors(parts, {
    [QUANTIZATION_KEY]: formatQuantization(known),
  });
  const file = new Uint8Array(byteLength);
  file.set(head);
  let at = head.length;
  for (const name of names) {
    file.set(parts[name]!.bytes, at);
    at += parts[name]!.bytes.length;
  }
  return file;
}

interface Part {
  readonly dtype: 'float32' | 'int8' | 'uint8';
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

const numbers = (data: Float32Array, shape: readonly number[]): Part => ({
  dtype: 'float32',
  shape,
  bytes: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
});
