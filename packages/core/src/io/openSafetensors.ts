// Safetensors files on a disk, whose numbers stay there until they are asked for.

import { checkMethods, checkObject } from '../checks/index.js';
import { eventLoopTurn } from '../eventLoop.js';
import { type FilePlace, sizeOf, type Tensor, type TensorData, type Tensors } from '../graph/tensor.js';
import type { FileOnDisk } from './files.js';
import { checkFinite, isFiniteData } from './finite.js';
import { bfloat16ToFloat32 } from './float16.js';
import { checkScales, parseQuantization, scalesOf, tensorsOf } from './quantization/index.js';
import { halves, isHalf, type ReadSafetensorsOptions, readTensor } from './safetensors.js';
import { readSafetensorsHeader, type SafetensorsEntry, type SafetensorsHeader } from './safetensorsHeader.js';
import { viewOf } from './views.js';

/** The header of a safetensors file; reads no more than that. Throws as `readSafetensorsHeader` does. */
export function readSafetensorsHead(file: FileOnDisk): SafetensorsHeader {
  checkMethods(file, ['read'], 'file', 'a file on a disk, an object with size and read(offset, length)');
  return readSafetensorsHeader(readHead(file), file.size);
}

/**
 * The tensors of a safetensors file on a disk, as `readSafetensors` gives them, but their numbers stay in the file until
 * their `data` are first asked for. Tensors of F32 have a `place`, and those of a file with a path keep the data once
 * read; others keep them only as long as they are in use. Halves that become float32 have `stored`, what is kept in a few bits `coded`. Numbers
 * that are not finite are found when they are read, or beforehand by `checkSafetensors`.
 */
export function openSafetensors(
  file: FileOnDisk,
  options: ReadSafetensorsOptions = {},
  header = readSafetensorsHead(file),
): Tensors {
  const bytesOf = ({ byteOffset, byteLength }: SafetensorsEntry): Uint8Array =>
    file.read(byteOffset, byteLength);
  return tensorsOf(header, {
    plain(name, entry) {
      const bytes = (): Uint8Array => bytesOf(entry);
      const read = (): TensorData => readTensor(name, entry, bytes(), options).data;
      return later(file.path, entry, options, { bytes, read });
    },
    bytes: (entry) => ({
      place: placeOf(file.path, entry),
      get data() {
        return bytesOf(entry);
      },
    }),
  });
}

const placeOf = (
  path: string | undefined,
  { byteOffset: offset, byteLength: length }: SafetensorsEntry,
): FilePlace => ({ ...(path === undefined ? {} : { path }), offset, length });

function later(
  path: string | undefined,
  entry: SafetensorsEntry,
  { float32 = false }: ReadSafetensorsOptions,
  { bytes, read }: { readonly bytes: () => Uint8Array; readonly read: () => TensorData },
): Tensor {
  const { dtype, shape } = entry;
  const place = placeOf(path, entry);
  if (dtype === 'F32' && path !== undefined) {
    let data: TensorData | undefined;
    return {
      dtype: 'float32',
      shape,
      place,
      get data() {
        data ??= read();
        return data;
      },
    };
  }
  let converted: WeakRef<TensorData> | undefined;
  return {
    dtype: dtype === 'F16' && !float32 ? 'float16' : (WHOLE[dtype] ?? 'float32'),
    shape,
    ...(dtype === 'F32' ? { place } : {}),
    ...(isHalf(dtype, float32)
      ? {
          stored: {
            dtype: halves[dtype],
            place,
            get data() {
              return viewOf(Uint16Array, bytes());
            },
          },
        }
      : {}),
    get data() {
      const known = converted?.deref();
      if (known) return known;
      const data = read();
      converted = new WeakRef(data);
      return data;
    },
  };
}

/** What types become that are not numbers with a fraction. */
const WHOLE: Readonly<Record<string, 'int32' | 'bool'>> = {
  ...Object.fromEntries(['I32', 'I64', 'I16', 'I8', 'U16', 'U8'].map((dtype) => [dtype, 'int32'] as const)),
  BOOL: 'bool',
};

/** Bytes that are read at once, and between two turns of the event loop. */
const PIECE = 2 ** 24;

/**
 * Reads the numbers of a file once, a piece at a time. Rejects with an error that names the first tensor that holds NaN
 * or an infinity, or whose scales are not above 0.
 */
export async function checkSafetensors(file: FileOnDisk, header: SafetensorsHeader): Promise<void> {
  checkMethods(file, ['read'], 'file', 'a file on a disk, an object with size and read(offset, length)');
  checkObject(header, 'header');
  const scales = new Map([...parseQuantization(header).keys()].map((name) => [scalesOf(name), name]));
  let sinceTurn = 0;
  for (const [name, { dtype, shape, byteOffset, byteLength }] of Object.entries(header.entries)) {
    const numbers = Object.hasOwn(floats, dtype) ? floats[dtype] : undefined;
    if (!numbers || sizeOf(shape) === 0) continue;
    for (let at = 0; at < byteLength; at += PIECE) {
      const bytes = file.read(byteOffset + at, Math.min(PIECE, byteLength - at));
      const data = numbers(bytes);
      if (!isFiniteData(data)) checkFinite(`safetensors: ${name}`, { data });
      const owner = scales.get(name);
      if (owner !== undefined) checkScales(`safetensors: ${owner}`, data as Float32Array);
      sinceTurn += bytes.byteLength;
      if (sinceTurn < PIECE) continue;
      sinceTurn = 0;
      await eventLoopTurn();
    }
  }
}

/** Bytes as numbers that can be looked at for what is not finite. */
const floats: Readonly<Record<string, (bytes: Uint8Array) => TensorData>> = {
  F32: (bytes) => viewOf(Float32Array, bytes),
  F16: (bytes) => viewOf(Uint16Array, bytes),
  BF16: (bytes) => bfloat16ToFloat32(viewOf(Uint16Array, bytes)),
  F64: (bytes) => Float32Array.from(viewOf(Float64Array, bytes)),
};

/** The first bytes, to the header's end. */
function readHead(file: FileOnDisk): Uint8Array {
  const start = file.read(0, Math.min(8, file.size));
  if (start.byteLength < 8) return start;
  const view = new DataView(start.buffer, start.byteOffset, 8);
  const size = 8 + view.getUint32(0, true) + 2 ** 32 * view.getUint32(4, true);
  return size > file.size ? start : file.read(0, size);
}
