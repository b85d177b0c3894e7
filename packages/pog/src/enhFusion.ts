// Enh-Fusion: brings what was read of the U-Net to one resolution and hands each object a feature map. The paper
// names the module and does not say what is inside; all of this is our choice.

import {
  add,
  concat,
  divide,
  layers,
  mean,
  multiply,
  reshape,
  type Scope,
  sigmoid,
  silu,
  sliceAxis,
  subtract,
  transpose,
  type Value,
} from '@spatiallock/core';
import type { CapturedActivations, CapturedAttention, CapturedFeatures } from './capturedActivations.js';
import type { PerceptionConfig } from './config.js';
import { resize } from './resize.js';

/** How steeply the gate follows attention at the start: a cell at twice the mean opens it to 0.79. */
const GATE_START = 4;

/**
 * Feature maps of the first `objects` slots, [N, objects, C, H, W] at the finest resolution among the captured.
 *
 * Features: each map by a 1x1 convolution and group normalisation to C channels, enlarged, summed, SiLU, 3x3.
 * Attention: averaged over heads, a / (a + its mean over cells), so that only the pattern counts; a sigmoid of a
 * learnt mix of these maps gates the features, and a projection of the same maps is added.
 */
export function enhFusion(
  scope: Scope,
  captured: CapturedActivations,
  objects: number,
  config: PerceptionConfig,
): Value {
  const [height, width] = finest(captured.features);
  const { channels } = config;
  const shared = fusedFeatures(scope, captured.features, [height, width], config);
  const [n] = shared.shape as [number];
  const maps = captured.attention.map((each) => resize(pattern(each, objects), height, width));
  const layered = maps.map((map) => reshape(map, [n * objects, 1, height, width]));
  const patterns = concat(layered, 1);
  const start = { kind: 'constant', value: GATE_START / maps.length } as const;
  const gate = sigmoid(layers.conv2d(scope.at('gate'), patterns, 1, 1, { init: start }));
  const lifted = layers.conv2d(scope.at('lift'), patterns, channels, 1);
  const gated = multiply(
    reshape(shared, [n, 1, channels, height, width]),
    reshape(gate, [n, objects, 1, height, width]),
  );
  return add(gated, reshape(lifted, [n, objects, channels, height, width]));
}

function finest(features: readonly CapturedFeatures[]): [number, number] {
  const [height, width] = [0, 1].map((axis) =>
    Math.max(...features.map(({ map }) => map.shape[2 + axis] as number)),
  );
  return [height as number, width as number];
}

function fusedFeatures(
  scope: Scope,
  features: readonly CapturedFeatures[],
  [height, width]: readonly [number, number],
  { channels, norm_groups: groups }: PerceptionConfig,
): Value {
  const projected = features.map(({ map, site }) => {
    const at = scope.at('features', site.scope.path);
    const narrow = layers.conv2d(at.at('proj'), map, channels, 1);
    return resize(layers.groupNorm(at.at('norm'), narrow, groups), height, width);
  });
  const total = silu(projected.reduce((a, b) => add(a, b)));
  return layers.conv2d(scope.at('mix'), total, channels, 3, { padding: 1 });
}

/** Where an object is attended to more (towards 1) or less (towards -1) than on average: [N, objects, h, w]. */
function pattern({ probs, site }: CapturedAttention, objects: number): Value {
  const [n, , , slots] = probs.shape as [number, number, number, number];
  if (slots < objects) throw new Error(`pog: ${objects} objects, but attention to ${slots} grounding tokens`);
  const paid = transpose(mean(sliceAxis(probs, 3, 0, objects), [1]), [0, 2, 1]);
  const share = divide(paid, add(paid, mean(paid, [2], true)));
  return reshape(subtract(multiply(share, 2), 1), [n, objects, site.height, site.width]);
}
