// Where plugins enter a U-Net. The networks call these hooks and know nothing of who answers.

import type { Value } from '../graph/value.js';
import type { Scope } from '../nn/scope.js';

/** A place in the U-Net; `scope` names parameters beneath it, as the checkpoint does. */
export interface Site {
  readonly scope: Scope;
  /** Rows and columns of the feature map that tokens or pixels stand for. */
  readonly height: number;
  readonly width: number;
  /** Which part of the U-Net, and the block's number in it. */
  readonly stage: 'down' | 'mid' | 'up';
  readonly block: number;
  /** Whether the block has transformers. */
  readonly hasAttention: boolean;
  /** Attention heads of the block; 1 where it has no attention. */
  readonly heads: number;
}

/** A map that the decoder joins on; `index` counts them from 0, the output of `conv_in`. */
export interface SkipSite extends Site {
  readonly index: number;
}

/** `grounding` is attention to tokens that a plugin added, one for each slot of a layout's objects. */
export type AttentionKind = 'self' | 'cross' | 'grounding';

/** An attention layer; `scope` is its own (`....attn1`) but for `grounding`, where it is the transformer block's. */
export interface AttentionSite extends Site {
  readonly attention: AttentionKind;
}

/** The operands of softmax(q k^T / sqrt(d) + mask) v. */
export interface AttentionCall {
  /** [N, heads, queries, d] */
  readonly q: Value;
  /** [N, heads, keys, d] */
  readonly k: Value;
  /** [N, heads, keys, d] */
  readonly v: Value;
  /** Added to the scores, broadcast to [N, heads, queries, keys]; undefined: every key is read. */
  readonly mask?: Value;
}

/** What an up block concatenates along the channels, both [N, C, H, W] of one height and width. */
export interface JoinedMaps {
  readonly backbone: Value;
  readonly skip: Value;
}

/**
 * Gives readers of attention probabilities what the tokens of a site pay to tokens that a plugin added, one for each
 * slot of a layout's objects: [N, heads, height * width, slots].
 */
export type CaptureProbs = (probs: Value) => void;

/** All hooks are optional. Those that give a `Value` back keep its shape. */
export interface UNetHooks {
  /** Changes a parameter of the U-Net as it is asked for, by its full name in the checkpoint. */
  parameter?(name: string, value: Value): Value;
  /** After each resnet, before the transformer that may follow (`site.scope` is the resnet's): map [N, C, H, W]. */
  afterResnet?(map: Value, site: Site): Value;
  /** Between self- and cross-attention of a transformer block: tokens [N, height * width, C]. */
  afterSelfAttention?(tokens: Value, site: Site, capture?: CaptureProbs): Value;
  /** After the cross-attention of a transformer block: tokens [N, height * width, C]. */
  afterCrossAttention?(tokens: Value, site: Site): Value;
  /**
   * Processes a self- or cross-attention: gives [N, heads, queries, d]. `next` is the attention as it would be without
   * this processor, of the operands given to it; a processor that does not call it replaces the attention.
   */
  attention?(call: AttentionCall, site: AttentionSite, next: (call: AttentionCall) => Value): Value;
  /** Each map that the decoder joins on, as it is kept; the encoder goes on with the unchanged map. */
  skip?(map: Value, site: SkipSite): Value;
  /** The end of the mid block, or what stands in its place where there is none: map [N, C, H, W]. */
  mid?(map: Value, site: Site): Value;
  /** Before each concatenation of an up block (`site.scope` is that of the resnet which reads it). */
  beforeConcat?(maps: JoinedMaps, site: Site): JoinedMaps;
  /** Reads the map [N, C, H, W] with which each block ends. */
  features?(map: Value, site: Site): void;
  /** Reads attention probabilities, [N, heads, queries, keys]; a replaced attention has none to read. */
  attentionProbs?(probs: Value, site: AttentionSite): void;
}

const hooks: Readonly<Record<keyof UNetHooks, true>> = {
  parameter: true,
  afterResnet: true,
  afterSelfAttention: true,
  afterCrossAttention: true,
  attention: true,
  skip: true,
  mid: true,
  beforeConcat: true,
  features: true,
  attentionProbs: true,
};

/** Names of all hooks. */
export const hookNames = Object.keys(hooks) as readonly (keyof UNetHooks)[];
