// Plain numbers with a shape: what goes into and comes out of a compiled graph.

import { checkChoice, showValue } from '../checks/index.js';
import { checkWholes } from './operands.js';

export const dtypes = ['float32', 'float16', 'int32', 'bool'] as const;
/** Types of a tensor's numbers; float16 is stored, and computed with in float32. */
export type DType = (typeof dtypes)[number];
/** Sizes of a tensor's axes, outermost first; a scalar has none. */
export type Shape = readonly number[];

/** float16 is kept as raw bits in a Uint16Array, bool as 0/1 in a Uint8Array. */
export type TensorData = Float32Array | Uint16Array | Int32Array | Uint8Array;

/** Bytes of a file; `offset` counts from the file's beginning. */
export interface FilePlace {
  /** Absolute; undefined where no other program can open the file. */
  readonly path?: string;
  readonly offset: number;
  readonly length: number;
}

/** Half the bytes of a float32 tensor, which widen to its numbers without loss. */
export interface StoredHalves {
  readonly dtype: 'float16' | 'bfloat16';
  /** The bits, one of 16 for each number. Of a file they are read when they are asked for, and not kept. */
  readonly data: Uint16Array;
  /** Where a file holds these bits. */
  readonly place?: FilePlace;
}

/** Bytes in memory, or of a file: those are read when they are asked for, and not kept. */
export interface StoredBytes {
  readonly data: Uint8Array;
  /** Where a file holds them. */
  readonly place?: FilePlace;
}

/** Float32 numbers kept in 8 or 4 bits each, as code times scale. A row is what one index of the first axis holds. */
export interface StoredCodes {
  readonly bits: 8 | 4;
  /** Numbers of a row that share a scale; with 8 bits a whole row. */
  readonly block: number;
  /**
   * 8 bits: a signed byte for each number. 4 bits: two numbers in a byte, the first in its low half, less 8; a row begins with
   * a new byte.
   */
  readonly codes: StoredBytes;
  /** A float32 for each block of each row. */
  readonly scales: StoredBytes;
}

/** Dense numbers in row-major order; `data.length` equals the product of `shape`. */
export interface Tensor {
  readonly dtype: DType;
  readonly shape: Shape;
  readonly data: TensorData;
  /**
   * Where a file holds the same numbers as they are, for backends that read it themselves. Such a tensor's `data`
   * are read when they are first asked for: asking for them costs the memory that `place` spares.
   */
  readonly place?: FilePlace;
  /**
   * The same numbers in half precision, where that is how they are kept: backends that widen them by themselves spare the
   * memory of `data`, which are then not asked for.
   */
  readonly stored?: StoredHalves;
  /** The same numbers in a few bits each, where that is how they are kept, for backends that take them so. */
  readonly coded?: StoredCodes;
}

/** Tensors by name. */
export type Tensors = Readonly<Record<string, Tensor>>;

/** Number of elements of a shape; 1 for a scalar `[]`. */
export function sizeOf(shape: Shape): number {
  return shape.reduce((product, n) => product * n, 1);
}

/** A typed array of zeros for `size` numbers of a dtype. */
export function allocate(dtype: DType, size: number): TensorData {
  switch (dtype) {
    case 'float32':
      return new Float32Array(size);
    case 'float16':
      return new Uint16Array(size);
    case 'int32':
      return new Int32Array(size);
    case 'bool':
      return new Uint8Array(size);
  }
}

/** Wraps numbers as a tensor; throws if their count does not fit the shape. */
export function tensor(data: TensorData | readonly number[], shape: Shape, dtype: DType = 'float32'): Tensor {
  if (!Array.isArray(data) && !ArrayBuffer.isView(data)) {
    throw new Error(`tensor: the data must be a list of numbers or a typed array, not ${showValue(data)}`);
  }
  checkWholes('tensor', shape, 'the shape');
  checkChoice(dtype, dtypes, 'tensor: dtype');
  if (data.length !== sizeOf(shape)) {
    throw new Error(`tensor: ${data.length} numbers do not fill shape [${shape.join(', ')}]`);
  }
  if (!Array.isArray(data)) return { dtype, shape, data: data as TensorData };
  const filled = allocate(dtype, data.length);
  filled.set(data);
  return { dtype, shape, data: filled };
}

/** The same numbers in another shape of as many; what lies in a file stays there. */
export function withShape(given: Tensor, shape: Shape): Tensor {
  if (sizeOf(shape) !== sizeOf(given.shape)) {
    throw new Error(`tensor: [${given.shape.join(', ')}] cannot have the shape [${shape.join(', ')}]`);
  }
  return {
    dtype: given.dtype,
    shape,
    ...(given.place ? { place: given.place } : {}),
    ...(given.stored ? { stored: given.stored } : {}),
    ...(given.coded && shape[0] === given.shape[0] ? { coded: given.coded } : {}),
    get data() {
      return given.data;
    },
  };
}

/** Row-major strides in elements. */
export function stridesOf(shape: Shape): number[] {
  const strides = new Array<number>(shape.length);
  let step = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = step;
    step *= shape[axis]!;
  }
  return strides;
}
