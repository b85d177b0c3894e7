// Collects ONNX nodes and initialisers while a graph is lowered.

import { type DType, type Shape, sizeOf, type Tensor } from '@spatiallock/core';
import { codeTypes } from './codeTypes.js';
import type { NodeProto, TensorProto } from './gen/onnx_pb.js';
import { type Attributes, bytesOf, dataTypeOf, nodeProto, tensorProto } from './messages.js';

export interface EmitOptions {
  readonly domain?: string;
  /** How many outputs the node has; `emit` returns the first. */
  readonly outputs?: number;
  /** Adds a node although there is an equal one. Default false. */
  readonly fresh?: boolean;
}

/** What a lowering may do. Names are ONNX's names of tensors. */
export interface Emitter {
  /** Adds a node (or finds an equal one) and returns the name of its first output. */
  emit(opType: string, inputs: readonly string[], attributes?: Attributes, options?: EmitOptions): string;
  /** As `emit`, returning every output. */
  emitAll(opType: string, inputs: readonly string[], attributes: Attributes, options: EmitOptions): string[];
  /** A constant; equal small ones are shared. */
  constant(tensor: Tensor): string;
  /** Whole numbers as int64, for axes, shapes and the like; shape [n]. */
  ints(values: readonly number[]): string;
  /** One float32 as a scalar. */
  float(value: number): string;
  /** What 4-bit codes are kept above, 8, once for each scale. */
  middles(shape: Shape): string;
  readonly nodes: readonly NodeProto[];
  readonly initializers: readonly TensorProto[];
  /** Whether a tensor's numbers are known before the first run. */
  isConstant(name: string): boolean;
  /** Whether the runtime computes once what depends on constants alone, and keeps it. */
  readonly folds: boolean;
  /** Channels in a block of the runtime's blocked layout, where it has one. */
  readonly block: number | undefined;
  /** Whether convolutions of 3 x 3 taps are computed in tiles where that is faster. */
  readonly winograd: boolean;
  /** Whether float16 values are computed as halves; elsewhere they are float32, rounded as halves are. */
  readonly half: boolean;
  /** Whether the device lacks a kernel, or has a wrong one. */
  lacks(what: Lack): boolean;
  /** Under which name the nodes that follow are known in errors and profiles. */
  label(name: string): void;
}

const SHARED_BYTES = 65536;

/** What is known of the device that the model is for. */
export interface Target {
  /** Channels in a block of the layout that the runtime's convolutions prefer (com.microsoft.nchwc). */
  readonly block?: number;
  /** Computes convolutions of 3 x 3 taps in tiles, with kernels that take up to four times the memory. Default false. */
  readonly winograd?: boolean;
  /** Computes products, convolutions and attention as halves. Default false. */
  readonly half?: boolean;
  /** Computes once what depends on constants alone. Default true. */
  readonly folds?: boolean;
  /** Products with the transpose of a weight become com.microsoft.FusedMatMul. Default false. */
  readonly fusedTranspose?: boolean;
  /** Kernels that are missing or wrong there, and so are written otherwise. */
  readonly lacks?: readonly Lack[];
}

/**
 * 'float16': a cast to half precision that rounds to nearest even. 'broadcast Pow': powers of operands of unequal
 * shapes. 'tiled attention': attention that never holds all scores at once.
 */
export type Lack = 'float16' | 'broadcast Pow' | 'tiled attention';

/** `knownConstants` names tensors of the model that are constant beside those that lowerings add. */
export function emitter(
  { block, winograd = false, half = false, folds = true, lacks = [] }: Target,
  knownConstants: Iterable<string> = [],
): Emitter {
  const nodes: NodeProto[] = [];
  const initializers: TensorProto[] = [];
  const known = new Map<string, string[]>();
  const constants = new Map<string, string>();
  const constantNames = new Set(knownConstants);
  let current = 'graph';

  const emitAll: Emitter['emitAll'] = (opType, inputs, attributes, options) => {
    const { domain = '', outputs = 1, fresh = false } = options;
    const key = JSON.stringify([opType, domain, inputs, attributes]);
    const found = fresh ? undefined : known.get(key);
    if (found) return found;
    const name = `${current}/${opType}_${nodes.length}`;
    const output = Array.from({ length: outputs }, (_, i) => (i === 0 ? name : `${name}:${i}`));
    nodes.push(nodeProto({ name, opType, domain, input: inputs, output, attributes }));
    known.set(key, output);
    if (inputs.every((x) => x === '' || constantNames.has(x))) for (const x of output) constantNames.add(x);
    return output;
  };

  const initializer = (dtype: DType | 'int64' | 'uint4', shape: Shape, data: ArrayBufferView): string => {
    const bytes = bytesOf(data);
    const key =
      bytes.length <= SHARED_BYTES ? `${dtype}[${shape.join()}]${textOf(bytes)}` : `#${initializers.length}`;
    const found = constants.get(key);
    if (found) return found;
    const name = `constant_${initializers.length}`;
    initializers.push(
      tensorProto(name, dtype === 'uint4' ? codeTypes.uint4 : dataTypeOf(dtype), shape, bytes),
    );
    constants.set(key, name);
    constantNames.add(name);
    return name;
  };

  return {
    nodes,
    initializers,
    block,
    winograd,
    half,
    folds,
    lacks: (what) => lacks.includes(what),
    isConstant: (name) => constantNames.has(name),
    emitAll,
    emit: (opType, inputs, attributes = {}, options = {}) => emitAll(opType, inputs, attributes, options)[0]!,
    constant: ({ dtype, shape, data }) => initializer(dtype, shape, data),
    ints: (values) => initializer('int64', [values.length], BigInt64Array.from(values, BigInt)),
    middles: (shape) => initializer('uint4', shape, new Uint8Array(Math.ceil(sizeOf(shape) / 2)).fill(0x88)),
    float: (value) => initializer('float32', [], Float32Array.of(value)),
    label(name) {
      current = name;
    },
  };
}

/** Bytes as text, to compare constants by. */
function textOf(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}
