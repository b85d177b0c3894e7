// What PoG reads of the U-Net, through core's hooks: feature maps, and attention to grounding tokens.

import type { Value } from '@spatiallock/core';
import type { Site, UNetHooks } from '@spatiallock/core/models';
import type { Stage } from './config.js';

/** A feature map [N, C, h, w], and the place in the network where it was read. */
export interface CapturedFeatures {
  /** [N, C, H, W] */
  readonly map: Value;
  readonly site: Site;
}

/** Attention probabilities, and the place in the network where they were read. */
export interface CapturedAttention {
  /** [N, heads, height * width, slots] */
  readonly probs: Value;
  readonly site: Site;
}

/** Everything that was read on a U-Net's way through. */
export interface CapturedActivations {
  readonly features: readonly CapturedFeatures[];
  readonly attention: readonly CapturedAttention[];
}

/** Hooks for one building of a U-Net, and what they captured; `read` throws where they captured nothing. */
export function captureActivations(stages: readonly Stage[]): {
  readonly hooks: UNetHooks;
  /** What the hooks have read, once the U-Net is built. Throws where a stage has no such activations. */
  read(): CapturedActivations;
} {
  const features: CapturedFeatures[] = [];
  const attention: CapturedAttention[] = [];
  const wanted = ({ stage }: Site): boolean => stages.includes(stage);
  return {
    hooks: {
      features(map, site) {
        if (wanted(site)) features.push({ map, site });
      },
      attentionProbs(probs, site) {
        if (site.attention === 'grounding' && wanted(site)) attention.push({ probs, site });
      },
    },
    read() {
      const where = `the stages ${stages.join(', ')}`;
      if (features.length === 0)
        throw new Error(`pog: no features were read in ${where}; build the U-Net first`);
      if (attention.length === 0) {
        throw new Error(
          `pog: no attention to grounding tokens in ${where}; add a plugin that has it, such as poi(), beside pog, or ` +
            'name stages of the U-Net that have attention',
        );
      }
      return { features, attention };
    },
  };
}
