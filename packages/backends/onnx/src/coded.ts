// Parameters that are kept as codes and scales: the runtime computes their numbers when it needs them.

import { type Graph, type Shape, sizeOf, type Tensor, type Value } from '@spatiallock/core';
import {
  attrsOf,
  matmulOp,
  rootsOf,
  type TransposeAttrs,
  topological,
  transposeOp,
} from '@spatiallock/core/backend';
import type { StoredCodes } from '@spatiallock/core/graph';
import type { Emitter } from './emitter.js';

/** The runtime wants blocks of such sizes. */
const isBlock = (n: number): boolean => n >= 16 && Number.isInteger(Math.log2(n));

/** The codes of a parameter where the runtime can take them as they lie. */
export function codesFor(
  { dtype, shape }: Pick<Value, 'dtype' | 'shape'>,
  { coded }: Tensor,
): StoredCodes | undefined {
  if (!coded || dtype !== 'float32' || shape.length < 2) return undefined;
  if (coded.bits === 8) return coded;
  // Rows begin with a new byte, which ONNX's packed types only do where rows are even.
  return isBlock(coded.block) && sizeOf(shape.slice(1)) % 2 === 0 ? coded : undefined;
}

/** What a matrix product with a transposed parameter reads: codes, without numbers that are computed first. */
export interface PackedProducts {
  readonly params: ReadonlySet<Value>;
  readonly transposes: ReadonlySet<Value>;
}

/** Parameters of 4 bits that nothing but products with their transpose read. */
export function packedProducts(
  graph: Graph,
  codes: (param: Value) => StoredCodes | undefined,
): PackedProducts {
  const roots = rootsOf(graph);
  const readers = new Map<Value, Value[]>();
  for (const value of topological(roots)) {
    for (const x of value.inputs) {
      const known = readers.get(x);
      if (known) known.push(value);
      else readers.set(x, [value]);
    }
  }
  const isRoot = new Set(roots);
  const params = new Set<Value>();
  const transposes = new Set<Value>();
  for (const [param, own] of readers) {
    const coded = codes(param);
    if (
      coded?.bits !== 4 ||
      isRoot.has(param) ||
      param.shape.length !== 2 ||
      param.shape[1]! % coded.block !== 0
    )
      continue;
    const fits = own.every(
      (value) =>
        isTransposed(value) &&
        !isRoot.has(value) &&
        (readers.get(value) ?? []).every((product) => product.op === matmulOp && product.inputs[0] !== value),
    );
    if (!fits) continue;
    params.add(param);
    for (const value of own) transposes.add(value);
  }
  return { params, transposes };
}

const isTransposed = (value: Value): boolean =>
  value.op === transposeOp && attrsOf<TransposeAttrs>(value).perm.join() === '1,0';

/** The shape under which codes stand in the model. */
export function codeShape(shape: Shape, { bits, block }: StoredCodes, packed: boolean): Shape {
  const [rows = 1, ...rest] = shape;
  const width = sizeOf(rest);
  if (bits === 8) return shape;
  return packed ? [rows, width / block, block / 2] : [rows, width];
}

/** The numbers of a parameter from its codes. */
export function emitNumbers(
  { shape }: Value,
  { bits, block }: StoredCodes,
  [codes, scales]: readonly [string, string],
  { emit, middles, ints }: Emitter,
): string {
  const [rows = 1, ...rest] = shape;
  if (bits === 8) return emit('DequantizeLinear', [codes, scales], { axis: 0 });
  const blocks = Math.ceil(sizeOf(rest) / block);
  const middle = middles([rows, blocks]);
  const numbers = emit('DequantizeLinear', [codes, scales, middle], { axis: 1, block_size: block });
  return rest.length === 1 ? numbers : emit('Reshape', [numbers, ints(shape)]);
}

/** x times the transpose of a parameter [N, K] of 4 bits, which the runtime decodes a block at a time. */
export function emitPackedProduct(
  x: string,
  { shape }: Value,
  { block }: StoredCodes,
  [codes, scales]: readonly [string, string],
  { emit }: Emitter,
): string {
  const [rows, width] = shape as [number, number];
  const attributes = { K: width, N: rows, bits: 4, block_size: block };
  return emit('MatMulNBits', [x, codes, scales], attributes, { domain: 'com.microsoft' });
}
