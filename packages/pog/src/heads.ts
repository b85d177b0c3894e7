// The perception heads: where each object is seen, as a soft region and as a box. Our choice.

import {
  add,
  concat,
  constant,
  divide,
  layers,
  multiply,
  reshape,
  type Scope,
  sigmoid,
  silu,
  softmax,
  sum,
  tensor,
  type Value,
} from '@spatiallock/core';
import type { PerceptionConfig } from './config.js';

/** Outputs of the perception network: regions and boxes, one for each slot. */
export interface PerceptionOutput {
  /** Logits of "this cell belongs to the object", [N, K, H, W]. */
  readonly region: Value;
  /** x0, y0, x1, y1 in fractions of the picture, about 0..1: [N, K, 4]. */
  readonly boxes: Value;
}

/**
 * maps [N, K, C, H, W] to regions and boxes.
 *
 * Every cell tells its distances to the four edges as distributions over `bins` points (Generalized Focal Loss,
 * arXiv 2006.04388; FCOS, arXiv 1904.01355); the box is the mean over cells, weighted by the region.
 */
export function perceive(scope: Scope, maps: Value, config: PerceptionConfig): PerceptionOutput {
  const [n, k, channels, height, width] = maps.shape as [number, number, number, number, number];
  const flat = reshape(maps, [n * k, channels, height, width]);
  const head = (name: string, outputs: number): Value => {
    const at = scope.at(name);
    const hidden = layers.conv2d(at.at('conv'), flat, channels, 3, { padding: 1 });
    const active = silu(layers.groupNorm(at.at('norm'), hidden, config.norm_groups));
    return layers.conv2d(at.at('out'), active, outputs, 1);
  };
  const region = head('region', 1);
  const cells = height * width;
  const logits = reshape(head('edges', 4 * config.bins), [n * k, 4, config.bins, cells]);
  const corners = cornersOf(expectedDistances(logits, config.bins), height, width);
  const chance = reshape(sigmoid(region), [n * k, 1, cells]);
  const boxes = divide(sum(multiply(corners, chance), [2]), add(sum(chance, [2]), 1e-6));
  return { region: reshape(region, [n, k, height, width]), boxes: reshape(boxes, [n, k, 4]) };
}

/** [M, 4, bins, cells] to means [M, 4, cells] in fractions of the picture's side. */
function expectedDistances(logits: Value, bins: number): Value {
  const points = Float32Array.from({ length: bins }, (_, i) => i / (bins - 1));
  return sum(multiply(softmax(logits, 2), constant(tensor(points, [bins, 1]))), [2]);
}

/** What each cell takes for x0, y0, x1, y1: [M, 4, cells]. */
function cornersOf(distances: Value, height: number, width: number): Value {
  const cells = height * width;
  const column = Float32Array.from({ length: cells }, (_, i) => ((i % width) + 0.5) / width);
  const row = Float32Array.from({ length: cells }, (_, i) => (Math.floor(i / width) + 0.5) / height);
  const signs = constant(tensor([-1, -1, 1, 1], [4, 1]));
  const middle = [column, row, column, row].map((data) => constant(tensor(data, [1, cells])));
  return add(concat(middle, 0), multiply(distances, signs));
}
