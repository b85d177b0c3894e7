// What a safetensors file says of tensors that are kept in a few bits.

import { showValue } from '../../checks/showValue.js';
import { type Shape, type StoredCodes, sizeOf } from '../../graph/tensor.js';
import type { SafetensorsHeader } from '../safetensorsHeader.js';
import { isJsonObject, parseJsonObject } from '../text.js';
import { codeSizes } from './codes.js';

/** The key of a file's metadata; its value is JSON. */
export const QUANTIZATION_KEY = 'spatiallock_quantization';
export const QUANTIZATION_VERSION = 1;

/** The scales of a tensor stand under its name with this at the end. */
export const scalesOf = (name: string): string => `${name}.scales`;

/** One tensor: `shape` is that of its numbers. */
export interface CodedEntry extends Pick<StoredCodes, 'bits' | 'block'> {
  readonly shape: Shape;
}

/** The metadata's value for these tensors, by name. */
export function formatQuantization(tensors: Readonly<Record<string, CodedEntry>>): string {
  const entries = Object.entries(tensors).map(([name, { bits, block, shape }]) => [
    name,
    { bits, block, shape },
  ]);
  return JSON.stringify({ version: QUANTIZATION_VERSION, tensors: Object.fromEntries(entries) });
}

/**
 * The tensors that a file keeps in a few bits, by name; none where it says nothing. Throws an error that names the tensor
 * whose scheme, shape, codes or scales do not fit.
 */
export function parseQuantization({ entries, metadata }: SafetensorsHeader): ReadonlyMap<string, CodedEntry> {
  if (!Object.hasOwn(metadata, QUANTIZATION_KEY)) return new Map();
  const where = `safetensors: __metadata__.${QUANTIZATION_KEY}`;
  const { version, tensors } = parseJsonObject(metadata[QUANTIZATION_KEY]!, where);
  if (version !== QUANTIZATION_VERSION) {
    throw new Error(
      `${where}: version ${showValue(version)} is not known here, only ${QUANTIZATION_VERSION}; a newer release may read it`,
    );
  }
  if (!isJsonObject(tensors)) throw new Error(`${where}: tensors must be an object`);
  const known = Object.entries(tensors).map(([name, value]) => {
    const entry = readEntry(`safetensors: ${name}`, value);
    checkParts(name, entry, entries);
    return [name, entry] as const;
  });
  return new Map(known);
}

function readEntry(where: string, value: unknown): CodedEntry {
  if (!isJsonObject(value)) throw new Error(`${where}: its quantization must be an object`);
  const { bits, block, shape } = value;
  if (bits !== 8 && bits !== 4)
    throw new Error(`${where}: must have 8 or 4 bits a number, not ${showValue(bits)}`);
  if (!isShape(shape)) {
    throw new Error(`${where}: its shape must be a list of whole numbers above 0, not ${showValue(shape)}`);
  }
  if (typeof block !== 'number' || !Number.isSafeInteger(block) || block < 1) {
    throw new Error(`${where}: its block must be a whole number above 0, not ${showValue(block)}`);
  }
  const width = sizeOf(shape.slice(1));
  if (bits === 8 && block !== width)
    throw new Error(`${where}: 8 bits have one scale a row, so its block must be ${width}, not ${block}`);
  if (bits === 4 && block % 2 !== 0)
    throw new Error(`${where}: its block must be an even number, not ${block}`);
  return { bits, block, shape };
}

const isShape = (value: unknown): value is readonly number[] =>
  Array.isArray(value) &&
  value.length > 0 &&
  value.every((n) => Number.isSafeInteger(n) && n > 0) &&
  Number.isSafeInteger(sizeOf(value));

function checkParts(name: string, entry: CodedEntry, entries: SafetensorsHeader['entries']): void {
  const { rows, blocks, bytes } = codeSizes(entry.shape, entry);
  const parts = [
    { part: name, dtype: entry.bits === 8 ? 'I8' : 'U8', needed: rows * bytes, what: 'codes' },
    { part: scalesOf(name), dtype: 'F32', needed: 4 * rows * blocks, what: 'scales' },
  ];
  for (const { part, dtype, needed, what } of parts) {
    const found = Object.hasOwn(entries, part) ? entries[part] : undefined;
    if (!found) throw new Error(`safetensors: ${name}: its ${what}, ${part}, are missing`);
    if (found.dtype !== dtype)
      throw new Error(`safetensors: ${name}: its ${what} must be ${dtype}, not ${found.dtype}`);
    if (found.byteLength !== needed) {
      throw new Error(
        `safetensors: ${name} of [${entry.shape.join(', ')}]: its ${what} need ${needed} bytes, have ${found.byteLength}`,
      );
    }
  }
}
