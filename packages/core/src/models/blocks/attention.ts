// Multi-head attention and the feed-forward layer of transformers, named as in diffusers.

import { attention, attentionWeights, gelu, softmax } from '../../graph/composite.js';
import { add, multiply } from '../../graph/elementwise.js';
import { reshape, sliceAxis, transpose } from '../../graph/layout.js';
import { matmul, swapLast } from '../../graph/linear.js';
import type { Value } from '../../graph/value.js';
import * as layers from '../../nn/layers.js';
import { type Scope, uniform } from '../../nn/scope.js';
import type { AttentionCall } from '../hooks.js';

/** Options of an attention layer. */
export interface AttentionOptions {
  readonly heads: number;
  /** Whether queries, keys and values have a bias; the output always has one. */
  readonly bias?: boolean;
  /** Stands in for `scaledAttention`: gives [N, heads, T, d]. */
  readonly process?: (call: AttentionCall) => Value;
}

/** Attention of x [N, T, C] to context [N, S, D], with `to_q`, `to_k`, `to_v` and `to_out.0`: [N, T, C]. */
export function multiHeadAttention(scope: Scope, x: Value, context: Value, options: AttentionOptions): Value {
  const { heads, bias = false, process = scaledAttention } = options;
  const width = x.shape[2];
  const project = (name: string, source: Value) =>
    splitHeads(layers.linear(scope.at(name), source, width, { bias }), heads);
  const mixed = process({ q: project('to_q', x), k: project('to_k', context), v: project('to_v', context) });
  return layers.linear(scope.at('to_out', 0), mergeHeads(mixed), width);
}

/** softmax(q k^T / sqrt(d) + mask) v: [N, heads, queries, d]. */
export function scaledAttention(call: AttentionCall): Value {
  const { q, k, v, mask } = call;
  return mask ? matmul(attentionProbs(call), v) : attention(q, k, v);
}

/** softmax(q k^T / sqrt(d) + mask): [N, heads, queries, keys]. */
export function attentionProbs({ q, k, mask }: AttentionCall): Value {
  const scale = 1 / Math.sqrt(q.shape.at(-1)!);
  if (!mask) return attentionWeights(q, k, scale);
  return softmax(add(matmul(multiply(q, scale), swapLast(k)), mask), -1);
}

/** [N, T, heads * d] -> [N, heads, T, d]. */
export function splitHeads(x: Value, heads: number): Value {
  const [count, tokens, width] = x.shape;
  if (width % heads !== 0) throw new Error(`${width} channels do not part into ${heads} heads`);
  if (heads === 1) return reshape(x, [count, 1, tokens, width]);
  return transpose(reshape(x, [count, tokens, heads, width / heads]), [0, 2, 1, 3]);
}

/** [N, heads, T, d] -> [N, T, heads * d]. */
export function mergeHeads(x: Value): Value {
  const [count, heads, tokens, width] = x.shape;
  const rows = heads === 1 ? x : transpose(x, [0, 2, 1, 3]);
  return reshape(rows, [count, tokens, heads * width]);
}

/** Widens x [N, T, C] four times through GELU gates (`net.0.proj`) and brings it back (`net.2`). */
export function feedForward(scope: Scope, x: Value): Value {
  const width = x.shape[2];
  return layers.linear(scope.at('net', 2), gatedLinear(scope.at('net', 0, 'proj'), x, width * 4), width);
}

/** The GEGLU layer: one half of the projection, gated by GELU of the other half. */
function gatedLinear(scope: Scope, x: Value, width: number): Value {
  const bound = 1 / Math.sqrt(x.shape[2]);
  const weight = scope.param('weight', [width * 2, x.shape[2]], uniform(bound));
  const bias = scope.param('bias', [width * 2], uniform(bound));
  // The weight is split rather than the product, which is larger in training and folds away in inference.
  const half = (start: number) =>
    add(
      matmul(x, swapLast(sliceAxis(weight, 0, start, start + width))),
      sliceAxis(bias, 0, start, start + width),
    );
  return multiply(half(0), gelu(half(width)));
}

/** Pixels as tokens: [N, C, H, W] -> [N, H * W, C]. */
export function toTokens(map: Value): Value {
  const [count, channels, height, width] = map.shape;
  return transpose(reshape(map, [count, channels, height * width]), [0, 2, 1]);
}

/** Tokens as pixels: [N, height * width, C] -> [N, C, height, width]. */
export function toMap(tokens: Value, height: number, width: number): Value {
  const [count, , channels] = tokens.shape;
  return reshape(transpose(tokens, [0, 2, 1]), [count, channels, height, width]);
}
