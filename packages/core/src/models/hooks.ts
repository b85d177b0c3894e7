// Where plugins enter a U-Net. The networks call these and know nothing of who answers.

import type { Value } from '../graph/value.js';
import type { Scope } from '../nn/scope.js';

/** A place in the U-Net; `scope` names parameters beneath it, as the checkpoint does. */
export interface Site {
  readonly scope: Scope;
  /** Rows and columns of the feature map that tokens or pixels stand for. */
  readonly height: number;
  readonly width: number;
  /** Which half of the U-Net, and the block's number in it. */
  readonly stage: 'down' | 'mid' | 'up';
  readonly block: number;
  /** Attention heads of the block; 1 where it has no attention. */
  readonly heads: number;
}

/**
 * Tells those who read attention what the tokens of a site pay to tokens that a plugin added, one for each slot
 * of a layout's objects: weights [N, heads, height * width, slots].
 */
export type TellWeights = (weights: Value) => void;

export interface UNetHooks {
  /**
   * Between self- and cross-attention of a transformer block: tokens [N, height * width, C] to the same shape.
   * `tell` is given where someone may read the attention to the plugin's own tokens.
   */
  attention?(tokens: Value, site: Site, tell?: TellWeights): Value;
  /** After the cross-attention of a transformer block: tokens [N, height * width, C] to the same shape. */
  afterCrossAttention?(tokens: Value, site: Site): Value;
  /** After a resnet that no transformer follows (`site.scope` is the resnet's): map [N, C, H, W] to the same shape. */
  residual?(map: Value, site: Site): Value;
  /** Reads the map [N, C, H, W] with which each block ends. */
  features?(map: Value, site: Site): void;
  /** Reads the attention that a plugin tells of, see `TellWeights`. */
  attentionWeights?(weights: Value, site: Site): void;
}

/** Lets every plugin act in turn. */
export function combineHooks(all: readonly UNetHooks[]): Required<UNetHooks> {
  const attentionWeights = (weights: Value, site: Site): void => {
    for (const hooks of all) hooks.attentionWeights?.(weights, site);
  };
  return {
    attentionWeights,
    attention: (tokens, site, tell = (weights) => attentionWeights(weights, site)) =>
      all.reduce((x, hooks) => hooks.attention?.(x, site, tell) ?? x, tokens),
    afterCrossAttention: (tokens, site) =>
      all.reduce((x, hooks) => hooks.afterCrossAttention?.(x, site) ?? x, tokens),
    residual: (map, site) => all.reduce((x, hooks) => hooks.residual?.(x, site) ?? x, map),
    features: (map, site) => {
      for (const hooks of all) hooks.features?.(map, site);
    },
  };
}
