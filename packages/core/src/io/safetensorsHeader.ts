// The header of a safetensors file: where each tensor's bytes lie.

import { checkBytes } from '../checks/index.js';
import { shownName, showValue } from '../checks/showValue.js';
import { isPickle, pickleCommands, pickleRefusal } from './pickle.js';
import { decodeUtf8, isJsonObject, parseJsonObject } from './text.js';

const bytesOfDType = {
  F64: 8,
  F32: 4,
  F16: 2,
  BF16: 2,
  I64: 8,
  I32: 4,
  I16: 2,
  I8: 1,
  U64: 8,
  U32: 4,
  U16: 2,
  U8: 1,
  BOOL: 1,
  F8_E4M3: 1,
  F8_E5M2: 1,
} as const;

/** The types of numbers whose size is known here; a file may hold others. */
export type SafetensorsDType = keyof typeof bytesOfDType;

/** One tensor's place, counted in bytes from the beginning of the file. */
export interface SafetensorsEntry {
  /** A `SafetensorsDType`, or the name of a type that is not known here. */
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly byteOffset: number;
  readonly byteLength: number;
}

/** The parsed header of a safetensors file: entries and metadata. */
export interface SafetensorsHeader {
  readonly entries: Readonly<Record<string, SafetensorsEntry>>;
  readonly metadata: Readonly<Record<string, string>>;
}

/** The most that the format allows. */
export const mostHeaderBytes = 100_000_000;

/**
 * Reads the header of a safetensors file, which tells where external data lie.
 *
 * `bytes` begin with the file's first byte and hold at least the header; `fileSize` is the whole file's
 * length where `bytes` are only its beginning. Throws an error that says what is malformed: every entry is
 * checked against the file's size, and the tensors must fill the rest of the file without gaps or overlaps.
 * Source: the format description of github.com/huggingface/safetensors.
 */
export function readSafetensorsHeader(bytes: Uint8Array, fileSize?: number): SafetensorsHeader {
  const size = fileSize ?? checkBytes(bytes, 'bytes').byteLength;
  const headerSize = readHeaderSize(checkBytes(bytes, 'bytes'), size);
  const text = decodeUtf8(bytes.subarray(8, 8 + headerSize), 'safetensors: the header');
  const { __metadata__: metadata, ...tensors } = parseJsonObject(text, 'safetensors: the header');
  const dataStart = 8 + headerSize;
  const entries = Object.entries(tensors).map(
    ([name, value]) => [name, readEntry(name, value, dataStart)] as const,
  );
  checkLayout(entries, dataStart, size);
  return { entries: Object.fromEntries(entries), metadata: readMetadata(metadata) };
}

/** What lies in the place of weights at times, by its first eight bytes. */
const otherFormats: readonly (readonly [RegExp, string])[] = [
  [
    /^version /,
    'the file is a pointer of Git LFS, which stands for the weights; run `git lfs pull` in its folder, or download the file itself',
  ],
  [
    /^\s*<(!doctyp|html|\?xml)/i,
    'the file is a web page; download the file itself, by the address of its download',
  ],
  [/^GGUF/, 'the file is a GGUF, which is not read; give the same model as safetensors'],
];

const firstLetters = (bytes: Uint8Array): string => String.fromCharCode(...bytes.subarray(0, 8));

function readHeaderSize(bytes: Uint8Array, fileSize: number): number {
  if (bytes.byteLength < 8) throw malformed(`the file has ${bytes.byteLength} bytes, too few for a header`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, 8);
  const size = view.getUint32(4, true) * 2 ** 32 + view.getUint32(0, true);
  if (size > mostHeaderBytes) {
    const known = isPickle(bytes)
      ? `the file ${pickleRefusal}; convert it with Python: ${pickleCommands.file}`
      : otherFormats.find(([magic]) => magic.test(firstLetters(bytes)))?.[1];
    throw malformed(known ?? `the header would have ${size} bytes, is this a safetensors file?`);
  }
  if (8 + size > fileSize)
    throw malformed(`the header has ${size} bytes, but the file ends after ${fileSize}`);
  if (8 + size > bytes.byteLength) throw malformed(`${8 + size} bytes are needed to read the header`);
  return size;
}

function readEntry(given: string, value: unknown, dataStart: number): SafetensorsEntry {
  const name = shownName(given);
  if (!isJsonObject(value)) throw malformed(`${name} is not an object`);
  const { dtype, shape, data_offsets: offsets } = value;
  if (typeof dtype !== 'string') throw malformed(`${name}.dtype must be text, not ${showValue(dtype)}`);
  if (!isSizes(shape)) throw malformed(`${name}.shape must be a list of whole numbers`);
  if (!isSizes(offsets)) throw malformed(`${name}.data_offsets must be two whole numbers`);
  const [begin, end] = offsets;
  if (offsets.length !== 2 || begin === undefined || end === undefined || begin > end) {
    throw malformed(`${name}.data_offsets must be two whole numbers, the first not above the second`);
  }
  const byteLength = end - begin;
  const needed = isDType(dtype) ? shape.reduce((product, n) => product * n, bytesOfDType[dtype]) : byteLength;
  if (byteLength !== needed) {
    const what = `${shownName(dtype)} [${shownName(shape.join(', '))}]`;
    throw malformed(`${name} of ${what} needs ${needed} bytes, has ${byteLength}`);
  }
  return { dtype, shape, byteOffset: dataStart + begin, byteLength };
}

function checkLayout(
  entries: readonly (readonly [string, SafetensorsEntry])[],
  dataStart: number,
  fileSize: number,
): void {
  const end = (entry: SafetensorsEntry) => entry.byteOffset + entry.byteLength;
  const sorted = [...entries].sort(([, a], [, b]) => a.byteOffset - b.byteOffset || end(a) - end(b));
  let position = dataStart;
  for (const [given, entry] of sorted) {
    const name = shownName(given);
    if (end(entry) > fileSize) {
      throw malformed(`the file is truncated: ${name} ends at byte ${end(entry)}, the file at ${fileSize}`);
    }
    if (entry.byteOffset !== position) {
      const fault = entry.byteOffset < position ? 'overlaps the tensor before it' : 'leaves a gap before it';
      throw malformed(`${name} ${fault} (begins at byte ${entry.byteOffset}, expected ${position})`);
    }
    position = end(entry);
  }
  if (position !== fileSize) throw malformed(`the tensors end at byte ${position}, the file at ${fileSize}`);
}

function readMetadata(metadata: unknown): Readonly<Record<string, string>> {
  if (metadata === undefined || metadata === null) return {};
  if (!isJsonObject(metadata)) throw malformed('__metadata__ must be an object');
  const texts = Object.entries(metadata).map(([key, text]) => {
    if (typeof text !== 'string') throw malformed(`__metadata__.${shownName(key)} must be text`);
    return [key, text] as const;
  });
  return Object.fromEntries(texts);
}

function isDType(dtype: string): dtype is SafetensorsDType {
  return Object.hasOwn(bytesOfDType, dtype);
}

function isSizes(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((n) => Number.isSafeInteger(n) && n >= 0);
}

function malformed(fault: string): Error {
  return new Error(`safetensors: ${fault}`);
}
