// Attention as a composite.

import { softmax } from './activations.js';
import { cast, multiply } from './elementwise.js';
import { matmul, swapLast } from './linear.js';
import { checkValue } from './operands.js';
import { broadcastShapes, sameShape } from './shapes.js';
import { attrsOf, node, type Op, type Value } from './value.js';

/** Attributes of `attention` nodes. */
export interface AttentionAttrs {
  readonly scale: number;
}

/** softmax(scale * q k^T) v over [..., tokens, width]. */
export const attentionOp: Op = {
  name: 'attention',
  infer: ([q, k, v]) => {
    if (q!.shape.at(-1) !== k!.shape.at(-1)) throw new Error('queries and keys differ in width');
    if (k!.shape.at(-2) !== v!.shape.at(-2)) throw new Error('keys and values differ in number');
    const lead = q!.shape.slice(0, -2);
    for (const other of [k!, v!]) {
      const fits = q!.shape.length >= 2 && sameShape(broadcastShapes(lead, other.shape.slice(0, -2)), lead);
      if (!fits) throw new Error('keys and values must have the leading axes of the queries');
    }
    return { shape: [...q!.shape.slice(0, -1), v!.shape.at(-1)!], dtype: q!.dtype };
  },
  expand: (y) => {
    const [q, k, v] = y.inputs as [Value, Value, Value];
    return matmul(attentionWeights(q, k, attrsOf<AttentionAttrs>(y).scale), v);
  },
};

/** softmax(scale * q k^T): what each query pays to each key. Of halves the products are halves, the softmax is float32. */
export function attentionWeights(q: Value, k: Value, scale: number): Value {
  checkValue('attentionWeights', q, 'q');
  if (q.dtype !== 'float16') return softmax(matmul(multiply(q, scale), swapLast(k)), -1);
  const scaled = cast(multiply(cast(q, 'float32'), scale), 'float16');
  return cast(softmax(cast(matmul(scaled, swapLast(k)), 'float32'), -1), 'float16');
}

/** softmax(scale * q k^T) v over [..., tokens, width]; `scale` defaults to 1 / sqrt(width). */
export function attention(q: Value, k: Value, v: Value, scale?: number): Value {
  checkValue('attention', q, 'q');
  return node(attentionOp, [q, k, v], { scale: scale ?? 1 / Math.sqrt(q.shape.at(-1)!) });
}
