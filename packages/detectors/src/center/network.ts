// Convolutions down to stride 16 and back up to stride 4, and two heads there.

import { add, layers, type Scope, upsampleNearest, type Value, type Values } from '@spatiallock/core';
import { normActivate, resnet } from '@spatiallock/core/models';
import { normOf, wayDown } from '../pyramid.js';
import type { CenterConfig } from './config.js';

/** Raw outputs of the network for N pictures on a grid of G x G cells, 4 pixels apart. */
export interface CenterOutputs extends Values {
  /** Logits of "an object of this class has its centre here", [N, labels, G, G]. */
  readonly heatmap: Value;
  /** Logits of the distances left, top, right, bottom from the cell's middle, [N, 4 * bins, G, G], edge by edge. */
  readonly edges: Value;
}

/** Added to the heatmap, so that a cell starts with a chance of one in a hundred, as in RetinaNet (arXiv 1708.02002, section 4.1). */
const RARE = -Math.log(99);

/**
 * Builds the network. `image`: [N, 3, H, W], RGB in -1..1, sides multiples of 16.
 *
 * Family: CenterNet (Zhou et al., arXiv 1904.07850) and FCOS (Tian et al., arXiv 1904.01355) on a U-shaped pyramid;
 * edges as distributions after Generalized Focal Loss (Li et al., arXiv 2006.04388).
 */
export function centerNetwork(scope: Scope, config: CenterConfig, image: Value): CenterOutputs {
  const [, ...widths] = config.channels as readonly [number, ...number[]];
  const norm = normOf(config);
  const levels = centerFeatures(scope, config, image);
  let x = levels[levels.length - 1];
  for (let level = widths.length - 2; level >= 0; level--) {
    const up = scope.at('up', level);
    const wide = layers.conv2d(up.at('lateral'), x, widths[level], 1);
    x = resnet(up.at('block'), add(upsampleNearest(wide, 2), levels[level]), widths[level], norm);
  }
  const shared = normActivate(scope.at('norm_out'), x, norm);
  const head = (name: string, channels: number): Value => {
    const at = scope.at(name);
    const hidden = layers.conv2d(at.at('conv'), shared, config.head_channels, 3, { padding: 1 });
    return layers.conv2d(at.at('out'), normActivate(at.at('norm'), hidden, norm), channels, 1);
  };
  return { heatmap: add(head('heatmap', config.labels.length), RARE), edges: head('edges', 4 * config.bins) };
}

/** The way down alone: maps [N, C, h, w] at strides 4, 8 and 16, the last of which tells most of what is seen. */
export const centerFeatures = (scope: Scope, config: CenterConfig, image: Value): Value[] =>
  wayDown(scope, config, image);
