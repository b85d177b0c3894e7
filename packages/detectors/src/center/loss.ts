// The loss as a graph: focal on the heatmap, generalised IoU and distribution focal loss on the boxes.

import {
  add,
  divide,
  gather,
  maximum,
  minimum,
  multiply,
  power,
  reshape,
  sigmoid,
  softplus,
  subtract,
  sum,
  transpose,
  type Value,
  type Values,
} from '@spatiallock/core';
import { distanceOverlap, distributionLoss, expectedBins } from '../distances.js';
import type { CenterConfig } from './config.js';

/** Weights of the parts; ours, near those of TTFNet (5 on GIoU) and GFL (2 on GIoU, 1/4 on each distribution). */
const BOX_WEIGHT = 4;
const DISTRIBUTION_WEIGHT = 0.25;

/** The loss of `center`, with its parts as scalars. */
export interface CenterLoss {
  readonly loss: Value;
  /** Scalars, each an average over objects. */
  readonly heatmap: Value;
  /** 1 - GIoU, 0..2 */
  readonly giou: Value;
  readonly distribution: Value;
}

/** The loss and its parts from `centerNetwork`'s outputs and the inputs of `centerTargetInputs`. */
export function centerLoss(config: CenterConfig, outputs: Values, targets: Values): CenterLoss {
  const objects = maximum(sum(targets.centreWeights), 1);
  const heatmap = divide(heatmapLoss(outputs.heatmap, targets), objects);
  const logits = cellLogits(outputs.edges, targets.cells, config.bins);
  const average = (each: Value): Value => divide(sum(multiply(each, targets.cellWeights)), objects);
  const seen = multiply(expectedBins(logits), config.bin_size);
  const giou = average(subtract(1, distanceOverlap(seen, targets.distances, 1e-3).giou));
  const truth = minimum(divide(targets.distances, config.bin_size), config.bins - 1);
  const distribution = average(distributionLoss(logits, truth));
  const boxes = add(multiply(giou, BOX_WEIGHT), multiply(distribution, DISTRIBUTION_WEIGHT));
  return { loss: add(heatmap, boxes), heatmap, giou, distribution };
}

/** CenterNet's focal loss (arXiv 1904.07850, equation 1) on logits, summed; log p = z - softplus(z). */
function heatmapLoss(heatmap: Value, { negative, centres, centreWeights }: Values): Value {
  const chance = sigmoid(heatmap);
  const alarms = sum(multiply(multiply(negative, multiply(chance, chance)), softplus(heatmap)));
  const at = reshape(gather(reshape(heatmap, [-1, 1]), centres), centreWeights.shape);
  const missed = multiply(power(subtract(1, sigmoid(at)), 2), subtract(softplus(at), at));
  return add(alarms, sum(multiply(missed, centreWeights)));
}

/** The distributions of the given cells: [C, 4, bins]. */
function cellLogits(edges: Value, cells: Value, bins: number): Value {
  const rows = reshape(transpose(edges, [0, 2, 3, 1]), [-1, 4 * bins]);
  return reshape(gather(rows, cells), [-1, 4, bins]);
}
