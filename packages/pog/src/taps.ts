// Where PoG listens to the U-Net, through core's hooks: feature maps, and attention to grounding tokens.

import type { Site, UNetHooks, Value } from '@spatiallock/core';
import type { Stage } from './config.js';

export interface FeatureTap {
  /** [N, C, H, W] */
  readonly map: Value;
  readonly site: Site;
}

export interface AttentionTap {
  /** [N, heads, height * width, slots] */
  readonly weights: Value;
  readonly site: Site;
}

export interface Taps {
  readonly features: readonly FeatureTap[];
  readonly attention: readonly AttentionTap[];
}

/** Hooks for one building of a U-Net, and what they heard; `read` throws where they heard nothing. */
export function listen(stages: readonly Stage[]): { readonly hooks: UNetHooks; read(): Taps } {
  const features: FeatureTap[] = [];
  const attention: AttentionTap[] = [];
  const heard = ({ stage }: Site): boolean => stages.includes(stage);
  return {
    hooks: {
      features(map, site) {
        if (heard(site)) features.push({ map, site });
      },
      attentionWeights(weights, site) {
        if (heard(site)) attention.push({ weights, site });
      },
    },
    read() {
      const where = `the stages ${stages.join(', ')}`;
      if (features.length === 0)
        throw new Error(`pog: no features were read in ${where}; build the U-Net first`);
      if (attention.length === 0) {
        throw new Error(
          `pog: no attention to grounding tokens in ${where}; add poi() with attention beside pog, or name ` +
            'stages of the U-Net that have attention',
        );
      }
      return { features, attention };
    },
  };
}
