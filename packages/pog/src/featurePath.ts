// The feature path: from captured activations of the U-Net to a region and a box for each object.

import type { Scope } from '@spatiallock/core';
import type { CapturedActivations } from './capturedActivations.js';
import type { PerceptionConfig } from './config.js';
import { enhFusion } from './enhFusion.js';
import { type PerceptionOutput, perceive } from './heads.js';

/** Under which the perception network's parameters are named. */
export const PERCEPTION_SCOPE = 'perception';

/** Enh-Fusion and the heads for the first `objects` slots; `root` is the U-Net's root. */
export function perception(
  root: Scope,
  captured: CapturedActivations,
  objects: number,
  config: PerceptionConfig,
): PerceptionOutput {
  const scope = root.at(PERCEPTION_SCOPE);
  return perceive(scope.at('heads'), enhFusion(scope.at('fusion'), captured, objects, config), config);
}
