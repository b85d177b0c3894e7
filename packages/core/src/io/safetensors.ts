// Tensors in the safetensors format. Both it and typed arrays of today's machines are little-endian.

import { checkBytes, checkKeys, checkObject } from '../checks/index.js';
import { shownName } from '../checks/showValue.js';
import {
  type DType,
  type Shape,
  type StoredHalves,
  sizeOf,
  type Tensor,
  type TensorData,
  type Tensors,
} from '../graph/tensor.js';
import { checkTensor } from '../graph/value.js';
import { checkFinite } from './finite.js';
import { bfloat16ToFloat32, float16ToFloat32 } from './float16.js';
import { checkScales, parseQuantization, scalesOf, tensorsOf } from './quantization/index.js';
import { readSafetensorsHeader, type SafetensorsEntry } from './safetensorsHeader.js';
import { layoutSafetensors } from './safetensorsLayout.js';
import { type ArrayView, viewOf } from './views.js';

/** Options of `readSafetensors`. */
export interface ReadSafetensorsOptions {
  /** Turns half precision into float32; without it F16 stays float16 bits. Default false. */
  readonly float32?: boolean;
}

/**
 * Reads all tensors of a safetensors file.
 *
 * F32, F16, I32 and BOOL are views into `bytes` where their place in memory allows it, copies elsewhere: do
 * not change `bytes` afterwards. BF16 and F64 become float32; I64, I16, I8, U16 and U8 become int32, I64
 * after a check of its range. What the metadata name as quantized becomes float32 when it is asked for, with `coded`. A tensor of another type throws when its data are asked for, unless it is empty. Throws
 * for malformed or truncated files, see `readSafetensorsHeader`, and names the tensor that holds NaN or an infinity.
 */
export function readSafetensors(
  bytes: Uint8Array | ArrayBuffer,
  options: ReadSafetensorsOptions = {},
): Tensors {
  checkKeys(options, ['float32'], 'options');
  const file = bytes instanceof ArrayBuffer ? new Uint8Array(bytes) : checkBytes(bytes, 'bytes');
  const partOf = ({ byteOffset, byteLength }: SafetensorsEntry): Uint8Array =>
    file.subarray(byteOffset, byteOffset + byteLength);
  const header = readSafetensorsHeader(file);
  const tensors = tensorsOf(header, {
    plain: (name, entry) => readTensor(name, entry, partOf(entry), options),
    bytes: (entry) => ({ data: partOf(entry) }),
  });
  for (const name of parseQuantization(header).keys()) {
    const scales = partOf(header.entries[scalesOf(name)]!);
    checkScales(`safetensors: ${shownName(name)}`, viewOf(Float32Array, scales));
  }
  return tensors;
}

/** The tensor of an entry, whose bytes are given; see `readSafetensors`. */
export function readTensor(
  name: string,
  entry: SafetensorsEntry,
  bytes: Uint8Array,
  options: ReadSafetensorsOptions,
): Tensor {
  if (!readable.has(entry.dtype)) return unreadable(name, entry);
  return checkFinite(`safetensors: ${shownName(name)}`, tensorOf(name, entry, bytes, options));
}

/** A tensor whose type has no meaning here: reading fails only where its numbers are asked for. */
function unreadable(name: string, { dtype, shape }: SafetensorsEntry): Tensor {
  const empty = sizeOf(shape) === 0;
  return {
    dtype: 'float32',
    shape,
    get data() {
      if (empty) return new Float32Array(0);
      throw new Error(
        `safetensors: ${shownName(name)} is of type ${shownName(dtype)}, which is not supported; convert it to F32 or F16`,
      );
    },
  };
}

const readable: ReadonlySet<string> = new Set([
  ...['F32', 'F64', 'BF16', 'F16'],
  ...['I32', 'I64', 'I16', 'I8', 'U16', 'U8', 'BOOL'],
]);

function tensorOf(
  name: string,
  entry: SafetensorsEntry,
  bytes: Uint8Array,
  { float32 = false }: ReadSafetensorsOptions,
): Tensor {
  const { dtype, shape } = entry;
  const view = <T>(kind: ArrayView<T>) => viewOf(kind, bytes);
  switch (dtype) {
    case 'F32':
      return { dtype: 'float32', shape, data: view(Float32Array) };
    case 'F64':
      return { dtype: 'float32', shape, data: Float32Array.from(view(Float64Array)) };
    case 'BF16':
    case 'F16':
      return isHalf(dtype, float32)
        ? widened(shape, halves[dtype], view(Uint16Array))
        : { dtype: 'float16', shape, data: view(Uint16Array) };
    case 'I32':
      return { dtype: 'int32', shape, data: view(Int32Array) };
    case 'I64':
      return { dtype: 'int32', shape, data: narrow(name, view(BigInt64Array)) };
    case 'I16':
      return { dtype: 'int32', shape, data: Int32Array.from(view(Int16Array)) };
    case 'I8':
      return { dtype: 'int32', shape, data: Int32Array.from(view(Int8Array)) };
    case 'U16':
      return { dtype: 'int32', shape, data: Int32Array.from(view(Uint16Array)) };
    case 'U8':
      return { dtype: 'int32', shape, data: Int32Array.from(view(Uint8Array)) };
    default:
      return { dtype: 'bool', shape, data: view(Uint8Array) };
  }
}

/** How types of half the bytes are kept. */
export const halves = { F16: 'float16', BF16: 'bfloat16' } as const;

/** Whether a type becomes float32 from half the bytes. */
export const isHalf = (dtype: string, float32: boolean): dtype is keyof typeof halves =>
  dtype === 'BF16' || (dtype === 'F16' && float32);

/** A float32 tensor kept as halves; they are widened when they are first asked for. */
function widened(shape: Shape, dtype: StoredHalves['dtype'], bits: Uint16Array): Tensor {
  let data: Float32Array | undefined;
  return {
    dtype: 'float32',
    shape,
    stored: { dtype, data: bits },
    get data() {
      data ??= dtype === 'float16' ? float16ToFloat32(bits) : bfloat16ToFloat32(bits);
      return data;
    },
  };
}

function narrow(name: string, values: BigInt64Array): Int32Array {
  return Int32Array.from(values, (value) => {
    if (BigInt.asIntN(32, value) !== value) {
      throw new Error(`safetensors: ${shownName(name)} holds ${value}, which does not fit into 32 bits`);
    }
    return Number(value);
  });
}

/**
 * Writes tensors as a safetensors file; the same tensors give the same bytes.
 *
 * Types of 4 bytes come first, then those of 2 and 1, each sorted by name; data begin at a multiple of 8
 * bytes, so that every tensor can be read as a view. Throws where a tensor's data do not fit its shape and
 * type.
 */
export function writeSafetensors(
  tensors: Tensors,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  for (const [name, tensor] of Object.entries(checkObject(tensors, 'tensors'))) checkData(name, tensor);
  const { head, names, byteLength } = layoutSafetensors(tensors, metadata);
  const file = new Uint8Array(byteLength);
  file.set(head);
  let position = head.byteLength;
  for (const name of names) {
    const { data } = tensors[name]!;
    file.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), position);
    position += data.byteLength;
  }
  return file;
}

const arrayOf: Readonly<Record<DType, new (length: number) => TensorData>> = {
  float32: Float32Array,
  float16: Uint16Array,
  int32: Int32Array,
  bool: Uint8Array,
};

function checkData(name: string, tensor: unknown): void {
  checkTensor(tensor, `tensors: ${name}`);
  const { dtype, shape, data } = tensor as Tensor;
  if (!(data instanceof arrayOf[dtype]))
    throw new Error(`safetensors: the data of ${name} are not of type ${dtype}`);
  if (data.length !== sizeOf(shape)) {
    throw new Error(
      `safetensors: ${name} has ${data.length} numbers, its shape [${shape.join(', ')}] needs another count`,
    );
  }
}
