// Grounding-Attention, the layer of PoI between self- and cross-attention. Its inside is our choice: GLIGEN's gated
// self-attention (arXiv 2301.07093, section 3.2), so that published checkpoints load.

import {
  add,
  attention,
  attentionWeights,
  concat,
  gelu,
  layers,
  multiply,
  reshape,
  type Scope,
  sliceAxis,
  split,
  tanh,
  transpose,
  type Value,
  zeros,
} from '@spatiallock/core';
import type { CaptureProbs } from '@spatiallock/core/models';

const { layerNorm, linear } = layers;
const FEED_FORWARD_FACTOR = 4;

/**
 * x += strength tanh(a) SelfAttention(LN[x; W g])[:n], then x += strength tanh(b) FeedForward(LN x).
 * tokens [N, n, C], grounding [N, K, D], strength a scalar; both gates start shut.
 * `capture` is given what visual tokens pay to grounding tokens, [N, heads, n, K]: shares of all n + K tokens.
 * Parameters as diffusers' GatedSelfAttentionDense names them, under `scope` (`....fuser`).
 */
export function groundingAttention(
  scope: Scope,
  tokens: Value,
  grounding: Value,
  heads: number,
  strength: Value,
  capture?: CaptureProbs,
): Value {
  const [n, count, channels] = tokens.shape as [number, number, number];
  const projected = linear(scope.at('linear'), grounding, channels);
  const all = layerNorm(scope.at('norm1'), concat([tokens, projected], 1));
  const attended = sliceAxis(selfAttention(scope.at('attn'), all, heads, count, capture), 1, 0, count);
  const x = add(
    tokens,
    multiply(gate(scope, 'alpha_attn', strength), reshape(attended, [n, count, channels])),
  );
  const fed = feedForward(scope.at('ff'), layerNorm(scope.at('norm2'), x));
  return add(x, multiply(gate(scope, 'alpha_dense', strength), fed));
}

function gate(scope: Scope, name: string, strength: Value): Value {
  return multiply(tanh(scope.param(name, [], zeros)), strength);
}

function selfAttention(scope: Scope, x: Value, heads: number, visual: number, capture?: CaptureProbs): Value {
  const [n, count, channels] = x.shape as [number, number, number];
  const perHead = (name: string): Value =>
    transpose(
      reshape(linear(scope.at(name), x, channels, { bias: false }), [n, count, heads, channels / heads]),
      [0, 2, 1, 3],
    );
  const [q, k, v] = [perHead('to_q'), perHead('to_k'), perHead('to_v')];
  if (capture) {
    const probs = attentionWeights(sliceAxis(q, 2, 0, visual), k, 1 / Math.sqrt(channels / heads));
    capture(sliceAxis(probs, 3, visual, count));
  }
  const y = attention(q, k, v);
  return linear(scope.at('to_out', 0), reshape(transpose(y, [0, 2, 1, 3]), x.shape), channels);
}

function feedForward(scope: Scope, x: Value): Value {
  const channels = x.shape.at(-1)!;
  const wide = linear(scope.at('net', 0, 'proj'), x, 2 * FEED_FORWARD_FACTOR * channels);
  const [value, gateOf] = split(wide, 2, -1) as [Value, Value];
  return linear(scope.at('net', 2), multiply(value, gelu(gateOf)), channels);
}
