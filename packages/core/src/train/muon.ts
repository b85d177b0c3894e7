// Muon (Jordan et al. 2024, https://kellerjordan.github.io/posts/muon): momentum whose matrix is replaced by the
// nearest orthogonal one, so that every direction of a weight moves alike. The size of a move follows
// Liu et al. (arXiv 2502.16982, section 2.2), which lets it share AdamW's learning rate.

import { checkKeys } from '../checks/index.js';
import { add, divide, multiply, sqrt, subtract } from '../graph/elementwise.js';
import { reshape } from '../graph/layout.js';
import { matmul, swapLast } from '../graph/linear.js';
import { sum } from '../graph/reduce.js';
import { type Shape, sizeOf } from '../graph/tensor.js';
import type { Value } from '../graph/value.js';
import { zeros } from '../nn/scope.js';
import { ADAMW_OPTIONS, type AdamWOptions, adamw, type Optimiser } from './optimiser.js';

/** Options of `muon`. */
export interface MuonOptions extends AdamWOptions {
  readonly momentum?: number;
  /** Parameters with fewer rows or columns than this stay with AdamW; default 16. */
  readonly smallest?: number;
}

/** Coefficients of the quintic iteration that drives all singular values towards 1. */
const [A, B, C] = [3.4445, -4.775, 2.0315];
const ITERATIONS = 5;

/** Muon for matrices and kernels, AdamW for everything else. */
export function muon(options: MuonOptions = {}): Optimiser {
  checkKeys(options, [...ADAMW_OPTIONS, 'momentum', 'smallest'], 'muon');
  const { momentum = 0.95, smallest = 16, ...shared } = options;
  const { weightDecay = 0.01 } = shared;
  const rest = adamw(shared);
  return (moment) => {
    const { state, parameter, gradient, learningRate } = moment;
    const [rows, columns] = matrixSides(parameter.shape);
    if (Math.min(rows, columns) < smallest) return rest(moment);
    const mean = state.param('momentum', parameter.shape, zeros);
    const nextMean = add(multiply(mean, momentum), gradient);
    const looked = add(multiply(nextMean, momentum), gradient);
    const direction = reshape(orthogonal(reshape(looked, [rows, columns])), parameter.shape);
    const size = multiply(learningRate, 0.2 * Math.sqrt(Math.max(rows, columns)));
    const decay = subtract(1, multiply(learningRate, weightDecay));
    return {
      next: subtract(multiply(parameter, decay), multiply(direction, size)),
      state: new Map([[mean, nextMean]]),
    };
  };
}

/** A kernel [O, I, KH, KW] is the matrix [O, I KH KW]. */
function matrixSides(shape: Shape): [number, number] {
  return shape.length < 2 ? [1, sizeOf(shape)] : [shape[0]!, sizeOf(shape) / shape[0]!];
}

/** About U V^T for x = U S V^T, by Newton-Schulz steps on the smaller side. */
function orthogonal(x: Value): Value {
  const [rows, columns] = x.shape as [number, number];
  if (rows > columns) return swapLast(orthogonal(swapLast(x)));
  let y = divide(x, add(sqrt(sum(multiply(x, x))), 1e-7));
  for (let i = 0; i < ITERATIONS; i++) {
    const gram = matmul(y, swapLast(y));
    const weights = add(multiply(gram, B), multiply(matmul(gram, gram), C));
    y = add(multiply(y, A), matmul(weights, y));
  }
  return y;
}
