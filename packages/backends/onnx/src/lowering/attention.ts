// Attention by the runtime's kernels, so that few of its scores are held at once.

import { type Shape, sizeOf, type Value } from '@spatiallock/core';
import { type AttentionAttrs, attrsOf } from '@spatiallock/core/backend';
import type { Emitter } from '../emitter.js';
import { TensorProto_DataType } from '../gen/onnx_pb.js';
import { dataTypeOf } from '../messages.js';
import type { Lowering } from './lowering.js';

const contrib = { domain: 'com.microsoft' };

/** From this many keys on, attention that never holds all scores is faster, and much smaller. */
const MANY_KEYS = 256;

/** Scores in float32 that are held at once where the runtime's kernel holds all that it computes. */
const SCORE_BYTES = 2 ** 25;

/** Products of numbers in one call for one head; the runtime counts twice as many in 32 bits with a sign where memory is addressed so. */
const MOST_PRODUCTS = 2 ** 29;

/** Heads and images make up the batch of one-headed attention, which takes them as they lie. */
export const attention: Lowering = (value, [q, k, v], emitter) => {
  const { emit, ints } = emitter;
  const { scale } = attrsOf<AttentionAttrs>(value);
  const [query, key, values] = value.inputs as [Value, Value, Value];
  const lead = sizeOf(query.shape.slice(0, -2));
  const alike = [key, values].every((x) => sizeOf(x.shape.slice(0, -2)) === lead);
  if (alike && key.shape.at(-2)! >= MANY_KEYS) {
    const flat = [q!, k!, v!].map((x, i) => {
      const shape = value.inputs[i]!.shape;
      return emit('Reshape', [x, ints([lead, ...shape.slice(-2)])]);
    }) as [string, string, string];
    const attributes = { num_heads: 1, scale: { float: scale } };
    const mix = (queries: string): string =>
      emit('MultiHeadAttention', [queries, flat[1], flat[2]], attributes, contrib);
    const mixed = byQueries(flat[0], { lead, query: query.shape, key: key.shape }, emitter, mix);
    return emit('Reshape', [mixed, ints(value.shape)]);
  }
  const scores = emit('FusedMatMul', [q!, k!], { transB: 1, alpha: { float: scale } }, contrib);
  if (value.dtype !== 'float16') return emit('MatMul', [emit('Softmax', [scores], { axis: -1 }), v!]);
  const wide = emit('Cast', [scores], { to: dataTypeOf('float32') });
  const weights = emit('Softmax', [wide], { axis: -1 });
  return emit('MatMul', [emit('Cast', [weights], { to: TensorProto_DataType.FLOAT16 }), v!]);
};

interface Sides {
  readonly lead: number;
  readonly query: Shape;
  readonly key: Shape;
}

/** Attention of a block of queries after another where the kernel would take too many at once; rows do not depend on each other. */
function byQueries(
  queries: string,
  { lead, query, key }: Sides,
  { emitAll, emit, ints, lacks }: Emitter,
  mix: (queries: string) => string,
): string {
  const rows = query.at(-2)!;
  const [keys, width] = [key.at(-2)!, key.at(-1)!];
  const fitting = Math.min(SCORE_BYTES / (4 * lead * keys), MOST_PRODUCTS / (keys * width));
  const most = Math.max(1, Math.floor(fitting));
  if (!lacks('tiled attention') || rows <= most) return mix(queries);
  const outputs = Math.ceil(rows / most);
  const sizes = Array.from({ length: outputs }, (_, i) => Math.min(most, rows - i * most));
  const blocks = emitAll('Split', [queries, ints(sizes)], { axis: 1 }, { outputs });
  return emit('Concat', blocks.map(mix), { axis: 1 });
}
