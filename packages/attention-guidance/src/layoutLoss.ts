// Layout guidance's energy (Chen, Laina and Vedaldi, arXiv 2304.03373).

import {
  add,
  divide,
  matmul,
  mean,
  multiply,
  reshape,
  subtract,
  sum,
  transpose,
  type Value,
} from '@spatiallock/core';

/** Keeps a token that nobody reads from a division by zero. */
const TINY = 1e-9;

/**
 * (1 - s)^2 for the share s of a token's attention that its box gets, the mean over heads and over a phrase's tokens: [N, K].
 * probs [N, heads, cells, T], inside [N, K, cells], tokens [N, K, T].
 */
export function layoutLoss(probs: Value, inside: Value, tokens: Value): Value {
  const [n, heads, cells, length] = probs.shape as [number, number, number, number];
  const k = inside.shape[1]!;
  const byCell = reshape(transpose(probs, [0, 2, 1, 3]), [n, cells, heads * length]);
  const within = reshape(matmul(inside, byCell), [n, k, heads, length]);
  const total = reshape(sum(probs, [2]), [n, 1, heads, length]);
  const outside = subtract(1, divide(within, add(total, TINY)));
  return sum(multiply(mean(multiply(outside, outside), [2]), tokens), [2]);
}
