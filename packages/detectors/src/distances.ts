// Boxes as four distances from a point to the edges, each a distribution over equal bins.

import {
  abs,
  add,
  constant,
  logSoftmax,
  maximum,
  minimum,
  multiply,
  reshape,
  sliceAxis,
  softmax,
  subtract,
  sum,
  tensor,
  type Value,
} from '@spatiallock/core';
import { overlapRatios } from '@spatiallock/core/geometry';

function binNumbers(bins: number): Value {
  return constant(tensor([...Array(bins).keys()], [bins]));
}

/** Mean of each distribution [C, 4, bins], in bins: [C, 4]. */
export function expectedBins(logits: Value): Value {
  return sum(multiply(softmax(logits, -1), binNumbers(logits.shape[2])), [-1]);
}

/**
 * Distribution focal loss (arXiv 2006.04388, equation 6): cross entropy with the two bins next to the truth [C, 4], in
 * bins within 0..bins - 1, summed over the four edges: [C].
 */
export function distributionLoss(logits: Value, truth: Value): Value {
  const [cells, edges, bins] = logits.shape;
  const away = abs(subtract(binNumbers(bins), reshape(truth, [cells, edges, 1])));
  const share = maximum(subtract(1, away), 0);
  return sum(multiply(multiply(share, logSoftmax(logits, -1)), -1), [1, 2]);
}

/** IoU and GIoU (arXiv 1902.09630) of boxes given by distances [C, 4] from a point in both; `small` guards divisions. */
export function distanceOverlap(seen: Value, truth: Value, small: number): { iou: Value; giou: Value } {
  const shared = area(minimum(seen, truth));
  const union = subtract(add(area(seen), area(truth)), shared);
  const hull = area(maximum(seen, truth));
  return overlapRatios({ shared, union, hull }, small);
}

function area(distances: Value): Value {
  const [left, top, right, bottom] = [0, 1, 2, 3].map((k) => sliceAxis(distances, 1, k, k + 1));
  return reshape(multiply(add(left, right), add(top, bottom)), [-1]);
}
