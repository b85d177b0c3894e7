// The transformer over pixels of Stable Diffusion's U-Net (diffusers' Transformer2DModel, BasicTransformerBlock).

import { add } from '../../graph/elementwise.js';
import { reshape } from '../../graph/layout.js';
import { matmul, swapLast } from '../../graph/linear.js';
import type { Value } from '../../graph/value.js';
import * as layers from '../../nn/layers.js';
import { type Scope, uniform } from '../../nn/scope.js';
import type { CombinedHooks } from '../combineHooks.js';
import type { AttentionCall, AttentionSite, Site } from '../hooks.js';
import {
  attentionProbs,
  feedForward,
  multiHeadAttention,
  scaledAttention,
  toMap,
  toTokens,
} from './attention.js';

export interface TransformerOptions {
  readonly depth: number;
  readonly heads: number;
  readonly groups: number;
  readonly onlyCrossAttention: boolean;
  /** Whether `proj_in` and `proj_out` are stored as linear layers instead of 1x1 convolutions. */
  readonly linearProjection: boolean;
  readonly hooks: CombinedHooks;
  readonly place: Pick<Site, 'stage' | 'block'>;
}

/** x [N, C, H, W] and text [N, T, D] -> [N, C, H, W]. */
export function transformer(scope: Scope, x: Value, text: Value, options: TransformerOptions): Value {
  const [, , height, width] = x.shape;
  const { linearProjection } = options;
  const normal = layers.groupNorm(scope.at('norm'), x, options.groups, 1e-6);
  let tokens = pixelProjection(scope.at('proj_in'), toTokens(normal), linearProjection);
  for (let i = 0; i < options.depth; i++) {
    const block = scope.at('transformer_blocks', i);
    const site = { ...options.place, scope: block, height, width, hasAttention: true, heads: options.heads };
    tokens = transformerBlock(block, tokens, text, options, site);
  }
  return add(x, toMap(pixelProjection(scope.at('proj_out'), tokens, linearProjection), height, width));
}

/** Self-attention, plugins, cross-attention, feed-forward; each beside a shortcut. */
function transformerBlock(
  scope: Scope,
  tokens: Value,
  text: Value,
  { heads, hooks, onlyCrossAttention }: TransformerOptions,
  site: Site,
): Value {
  const process = (attention: 'self' | 'cross', at: Scope) => (call: AttentionCall) =>
    processed(hooks, call, { ...site, scope: at, attention });
  const [attn1, attn2] = [scope.at('attn1'), scope.at('attn2')];
  const self = layers.layerNorm(scope.at('norm1'), tokens);
  const kind = onlyCrossAttention ? 'cross' : 'self';
  const read = onlyCrossAttention ? text : self;
  const attended = add(
    tokens,
    multiHeadAttention(attn1, self, read, { heads, process: process(kind, attn1) }),
  );
  const grounded = hooks.afterSelfAttention(attended, site);
  const cross = layers.layerNorm(scope.at('norm2'), grounded);
  const crossed = add(
    grounded,
    multiHeadAttention(attn2, cross, text, { heads, process: process('cross', attn2) }),
  );
  const captioned = hooks.afterCrossAttention(crossed, site);
  return add(captioned, feedForward(scope.at('ff'), layers.layerNorm(scope.at('norm3'), captioned)));
}

/** The attention with its processors; readers get the probabilities of the operands that it is left with. */
function processed(hooks: CombinedHooks, call: AttentionCall, site: AttentionSite): Value {
  return hooks.attention(call, site, (final) => {
    hooks.attentionProbs(attentionProbs(final), site);
    return scaledAttention(final);
  });
}

/** A 1x1 convolution is the same product as a linear layer; only the weight's shape in checkpoints differs. */
function pixelProjection(scope: Scope, tokens: Value, linear: boolean): Value {
  const width = tokens.shape[2];
  if (linear) return layers.linear(scope, tokens, width);
  const bound = 1 / Math.sqrt(width);
  const weight = reshape(scope.param('weight', [width, width, 1, 1], uniform(bound)), [width, width]);
  return add(matmul(tokens, swapLast(weight)), scope.param('bias', [width], uniform(bound)));
}
