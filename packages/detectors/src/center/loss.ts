// The loss as a graph: focal on the heatmap, generalised IoU and distribution focal loss on the boxes.

import {
  abs,
  add,
  constant,
  divide,
  gather,
  logSoftmax,
  maximum,
  minimum,
  multiply,
  power,
  reshape,
  sigmoid,
  sliceAxis,
  softmax,
  softplus,
  subtract,
  sum,
  tensor,
  transpose,
  type Value,
  type Values,
} from '@spatiallock/core';
import type { CenterConfig } from './config.js';

/** Weights of the parts; ours, near those of TTFNet (5 on GIoU) and GFL (2 on GIoU, 1/4 on each distribution). */
const BOX_WEIGHT = 4;
const DISTRIBUTION_WEIGHT = 0.25;

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
  const giou = average(boxLoss(expectedDistance(logits, config), targets.distances));
  const distribution = average(distributionLoss(logits, targets.distances, config));
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

function binNumbers(bins: number): Value {
  return constant(
    tensor(
      Float32Array.from({ length: bins }, (_, k) => k),
      [bins],
    ),
  );
}

/** Mean of each distribution in pixels, [C, 4]. */
function expectedDistance(logits: Value, { bins, bin_size }: CenterConfig): Value {
  return multiply(sum(multiply(softmax(logits, -1), binNumbers(bins)), [-1]), bin_size);
}

/** Cross entropy with the two bins next to the true distance (arXiv 2006.04388, equation 6), summed over edges. */
function distributionLoss(logits: Value, distances: Value, { bins, bin_size }: CenterConfig): Value {
  const truth = reshape(minimum(divide(distances, bin_size), bins - 1), [-1, 4, 1]);
  const share = maximum(subtract(1, abs(subtract(binNumbers(bins), truth))), 0);
  return sum(multiply(multiply(share, logSoftmax(logits, -1)), -1), [1, 2]);
}

/** 1 - GIoU (arXiv 1902.09630) of boxes given by distances [C, 4] from a point in both. */
function boxLoss(seen: Value, truth: Value): Value {
  const shared = area(minimum(seen, truth));
  const union = subtract(add(area(seen), area(truth)), shared);
  const hull = area(maximum(seen, truth));
  const small = 1e-3;
  const iou = divide(shared, add(union, small));
  const waste = divide(subtract(hull, union), add(hull, small));
  return add(subtract(1, iou), waste);
}

function area(distances: Value): Value {
  const [left, top, right, bottom] = [0, 1, 2, 3].map((k) => sliceAxis(distances, 1, k, k + 1));
  return reshape(multiply(add(left, right), add(top, bottom)), [-1]);
}
