// BoxDiff's three constraints (Xie et al., arXiv 2307.10816), computed as in its public code.

import {
  abs,
  add,
  cast,
  constant,
  divide,
  equal,
  less,
  matmul,
  max,
  maximum,
  mean,
  multiply,
  reshape,
  softmax,
  stopGradient,
  subtract,
  sum,
  swapLast,
  tensor,
  type Value,
} from '@spatiallock/core';
import type { Cells, Extent } from './cells.js';

/** How much sharper tokens compete for a cell than in the network. */
const SHARPNESS = 100;
/** Of the 3 x 3 kernel that smooths maps: the weight of a neighbour, where the middle has 1. */
const NEIGHBOUR = Math.exp(-1);
/** Absorbs rounding where a share of a count is a whole number. */
const SLACK = 1e-4;

/**
 * How much of each cell a phrase gets among all tokens, smoothed; the mean over a phrase's tokens: [N, K, height, width].
 * probs [N, cells, T] (the mean over heads and layers), tokens [N, K, T], competing [T].
 */
export function phraseMaps(
  probs: Value,
  tokens: Value,
  competing: Value,
  height: number,
  width: number,
): Value {
  const shares = softmax(add(multiply(probs, SHARPNESS), competing), -1);
  const [n, k] = tokens.shape as [number, number, number];
  const maps = reshape(matmul(tokens, swapLast(shares)), [n * k, height, width]);
  return reshape(matmul(matmul(swapLast(smoothing(height)), maps), smoothing(width)), [n, k, height, width]);
}

/** The inner-box, outer-box and corner constraint of each object, added up: [N, K]. maps [N, K, height, width]. */
export function boxDiffLoss(maps: Value, { inside, rows, columns }: Cells, P: Value, L: Value): Value {
  const [n, k, height, width] = maps.shape as [number, number, number, number];
  const flat = reshape(maps, [n, k, height * width]);
  const inner = subtract(1, topMean(flat, inside, P));
  const outer = topMean(flat, subtract(1, inside), P);
  const area = reshape(inside, maps.shape);
  const corners = [
    cornerLoss(max(maps, [2]), max(area, [2]), columns, L),
    cornerLoss(max(maps, [3]), max(area, [3]), rows, L),
  ];
  return corners.reduce((total, each) => add(total, each), add(inner, outer));
}

/** The mean of the `share` (at least one) of the cells in `mask` with the largest values: [N, K]. values, mask [N, K, cells]. */
export function topMean(values: Value, mask: Value, share: Value): Value {
  const [n, k, cells] = values.shape as [number, number, number];
  const masked = multiply(values, mask);
  const earlier = constant(
    tensor(
      Float32Array.from({ length: cells * cells }, (_, i) => (i % cells < Math.floor(i / cells) ? 1 : 0)),
      [cells, cells],
    ),
  );
  const fixed = stopGradient(masked);
  const [own, other] = [reshape(fixed, [n, k, cells, 1]), reshape(fixed, [n, k, 1, cells])];
  const larger = cast(less(own, other), 'float32');
  const ties = multiply(cast(equal(own, other), 'float32'), earlier);
  const rank = sum(add(larger, ties), [3]);
  const count = maximum(add(multiply(sum(mask, [2], true), share), SLACK), 1);
  const chosen = subtract(1, cast(less(count, add(rank, 1)), 'float32'));
  return divide(sum(multiply(masked, chosen), [2]), sum(chosen, [2]));
}

/** |projection - wanted| near both edges of a box, the mean over the side: [N, K]. projection, wanted [N, K, side]. */
function cornerLoss(projection: Value, wanted: Value, { first, end }: Extent, L: Value): Value {
  const side = projection.shape[2]!;
  const places = constant(
    tensor(
      Float32Array.from({ length: side }, (_, i) => i),
      [1, 1, side],
    ),
  );
  const near = (edge: Value): Value => cast(less(abs(subtract(places, edge)), add(L, 0.5)), 'float32');
  return mean(multiply(abs(subtract(projection, wanted)), maximum(near(first), near(end))), [2]);
}

/** A matrix [side, side] that smooths along one axis when it is multiplied from the right, mirrored at the ends. */
function smoothing(side: number): Value {
  const weights = new Float32Array(side * side);
  const mirrored = (i: number): number => {
    if (side === 1) return 0;
    return i < 0 ? -i : i >= side ? 2 * side - 2 - i : i;
  };
  for (let i = 0; i < side; i++) {
    for (const [offset, weight] of [
      [-1, NEIGHBOUR],
      [0, 1],
      [1, NEIGHBOUR],
    ] as const) {
      weights[mirrored(i + offset) * side + i] += weight / (1 + 2 * NEIGHBOUR);
    }
  }
  return constant(tensor(weights, [side, side]));
}
