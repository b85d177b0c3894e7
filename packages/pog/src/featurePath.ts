// The feature path: from what was read of the U-Net to what is seen of each object.

import type { Scope } from '@spatiallock/core';
import type { PerceptionConfig } from './config.js';
import { enhFusion } from './enhFusion.js';
import { perceive, type Seen } from './heads.js';
import type { Taps } from './taps.js';

/** Under which the perception network's parameters are named. */
export const PERCEPTION_SCOPE = 'perception';

/** Enh-Fusion and the heads for the first `objects` slots; `root` is the U-Net's root. */
export function perception(root: Scope, taps: Taps, objects: number, config: PerceptionConfig): Seen {
  const scope = root.at(PERCEPTION_SCOPE);
  return perceive(scope.at('heads'), enhFusion(scope.at('fusion'), taps, objects, config), config);
}
