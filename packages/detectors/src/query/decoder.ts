// Queries that look at the picture around their boxes.

import {
  add,
  concat,
  constant,
  divide,
  exp,
  gelu,
  layers,
  matmul,
  maximum,
  minimum,
  multiply,
  reshape,
  type Scope,
  softmax,
  subtract,
  swapLast,
  tanh,
  tensor,
  transpose,
  type Value,
  zeros,
} from '@spatiallock/core';
import { mergeHeads, multiHeadAttention, splitHeads } from '@spatiallock/core/models';
import { column } from './boxes.js';
import { cellDistances, cellMiddles } from './position.js';

/** Heads of self-attention. */
const HEADS = 4;
/** How far a head may leave its place, in half sides of the box, and its spread before it learns another, in sides. */
const REACH = 1;
const SPREAD = 0.25;
/** Up to which distance from the box, in sides, the place where a head looked is encoded. */
const FAR = 2;

/** x [N, T, C] after attention among its own tokens; `positions` [N or 1, T, C] or none are added to what attends. */
export function selfAttend(scope: Scope, x: Value, positions?: Value): Value {
  const normal = layers.layerNorm(scope.at('norm'), x);
  const placed = positions ? add(normal, positions) : normal;
  return add(x, multiHeadAttention(scope.at('attention'), placed, placed, { heads: HEADS, bias: true }));
}

/** x [N, T, C] through a hidden layer twice as wide. */
export function widen(scope: Scope, x: Value): Value {
  const width = x.shape[2];
  const hidden = gelu(layers.linear(scope.at('in'), layers.layerNorm(scope.at('norm'), x), 2 * width));
  return add(x, layers.linear(scope.at('out'), hidden, width));
}

/** What the decoder looks at: a map as tokens. */
export interface Memory {
  /** [N, grid * grid, C] */
  readonly tokens: Value;
  readonly grid: number;
}

/**
 * Cross-attention of queries [N, Q, C] with boxes [N, Q, 4] (centre and size): each head has a place in the box, at
 * first places x places points from edge to edge, and the logits fall with the distance from it by a Gaussian whose
 * middle and spread the query chooses (SMCA, arXiv 2101.07448; boxes as anchors after DAB-DETR, arXiv 2201.12329).
 * Besides the values, a query gets the place in its box at which each head looked last; this is our addition.
 */
export function lookAround(
  scope: Scope,
  queries: Value,
  positions: Value,
  boxes: Value,
  memory: Memory,
  places: number,
): Value {
  const [count, number, width] = queries.shape;
  const heads = places * places;
  const placed = add(layers.layerNorm(scope.at('norm'), queries), positions);
  const q = splitHeads(layers.linear(scope.at('to_q'), placed, width), heads);
  const k = splitHeads(layers.linear(scope.at('to_k'), memory.tokens, width), heads);
  const v = splitHeads(layers.linear(scope.at('to_v'), memory.tokens, width), heads);

  const chosen = tanh(layers.linear(scope.at('to_place'), placed, 4 * heads, { init: zeros }));
  const wish = transpose(reshape(chosen, [count, number, heads, 4]), [0, 2, 1, 3]);
  const perHead = reshape(boxes, [count, 1, number, 4]);
  const point = ([0, 1] as const).map((axis) => {
    const away = add(startPlaces(places, axis), multiply(column(wish, axis), REACH));
    return add(column(perHead, axis), multiply(multiply(column(perHead, axis + 2), away), 0.5));
  });
  const unit = ([0, 1] as const).map((axis) => {
    // No Gaussian is narrower than half a cell.
    const spread = multiply(multiply(column(perHead, axis + 2), exp(column(wish, axis + 2))), SPREAD);
    return divide(Math.SQRT1_2, maximum(spread, 0.5 / memory.grid));
  });
  const nearness = cellDistances(memory.grid, [point[0], point[1]], [unit[0], unit[1]]);
  const scores = matmul(multiply(q, 1 / Math.sqrt(width / heads)), swapLast(k));
  const attention = softmax(subtract(scores, nearness), -1);

  const seen = mergeHeads(matmul(attention, v));
  const looked = matmul(attention, constant(cellMiddles(memory.grid)));
  const relative = ([0, 1] as const).map((axis) => {
    const share = divide(
      subtract(column(looked, axis), column(perHead, axis)),
      maximum(column(perHead, axis + 2), 0.02),
    );
    return minimum(maximum(share, -FAR), FAR);
  });
  const where = mergeHeads(concat(relative, -1));
  return add(queries, layers.linear(scope.at('to_out'), concat([seen, where], -1), width));
}

/** Where the heads start along an axis, -1..1 from edge to edge: [1, heads, 1, 1]. */
function startPlaces(places: number, axis: 0 | 1): Value {
  const at = (i: number): number => (places === 1 ? 0 : (2 * i) / (places - 1) - 1);
  const data = Array.from({ length: places * places }, (_, head) =>
    at(axis === 0 ? head % places : Math.floor(head / places)),
  );
  return constant(tensor(data, [1, places * places, 1, 1]));
}
