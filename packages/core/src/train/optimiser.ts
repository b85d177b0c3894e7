// Optimisers as graph builders: the next value of every parameter is a value of the training graph.

import { checkKeys, checkList, checkNumber } from '../checks/index.js';
import { add, divide, minimum, multiply, power, sqrt, subtract } from '../graph/elementwise.js';
import { sum } from '../graph/reduce.js';
import { scalar, type Value } from '../graph/value.js';
import { type Scope, zeros } from '../nn/scope.js';

/** What an optimiser may read when it moves one parameter. */
export interface Moment {
  /** The optimiser's own state of this parameter is named under here. */
  readonly state: Scope;
  readonly parameter: Value;
  readonly gradient: Value;
  /** Scalars: the number of this step from 1, and its learning rate. */
  readonly step: Value;
  readonly learningRate: Value;
}

/** A parameter after a step, and the optimiser's state after it. */
export interface Move {
  readonly next: Value;
  /** State parameter -> its next value. */
  readonly state: ReadonlyMap<Value, Value>;
}

/** Gives the move of one parameter from its gradient. */
export type Optimiser = (moment: Moment) => Move;

/** Options of `adamw`, with the names and defaults of PyTorch. */
export interface AdamWOptions {
  readonly beta1?: number;
  readonly beta2?: number;
  readonly epsilon?: number;
  /** Applied to matrices and kernels, not to biases and norms. */
  readonly weightDecay?: number;
}

/** Names of AdamW's options. */
export const ADAMW_OPTIONS = [
  'beta1',
  'beta2',
  'epsilon',
  'weightDecay',
] as const satisfies readonly (keyof AdamWOptions)[];

/** Adam with decoupled weight decay (Loshchilov and Hutter, arXiv 1711.05101). */
export function adamw(options: AdamWOptions = {}): Optimiser {
  checkKeys(options, ADAMW_OPTIONS, 'adamw');
  const { beta1 = 0.9, beta2 = 0.99, epsilon = 1e-8, weightDecay = 0.01 } = options;
  return ({ state, parameter, gradient, step, learningRate }) => {
    const mean = state.param('mean', parameter.shape, zeros);
    const square = state.param('square', parameter.shape, zeros);
    const nextMean = add(multiply(mean, beta1), multiply(gradient, 1 - beta1));
    const nextSquare = add(multiply(square, beta2), multiply(multiply(gradient, gradient), 1 - beta2));
    // The bias corrections are scalars: they go into the step size, not into every element.
    const root = sqrt(subtract(1, power(scalar(beta2), step)));
    const size = divide(multiply(learningRate, root), subtract(1, power(scalar(beta1), step)));
    const direction = divide(nextMean, add(sqrt(nextSquare), multiply(root, epsilon)));
    const decay = parameter.shape.length > 1 ? subtract(1, multiply(learningRate, weightDecay)) : scalar(1);
    const next = subtract(multiply(parameter, decay), multiply(direction, size));
    return {
      next,
      state: new Map([
        [mean, nextMean],
        [square, nextSquare],
      ]),
    };
  };
}

/** The factor that brings the joint Euclidean norm of all gradients down to `limit`, and that norm. */
export function clipFactor(gradients: readonly Value[], limit: number): { factor: Value; norm: Value } {
  if (checkList(gradients, 'gradients', 'values of a graph').length === 0)
    throw new Error('gradients: there is none');
  checkNumber(limit, { min: 0, max: Number.MAX_VALUE }, 'limit');
  const squares = gradients.map((g) => sum(multiply(g, g)));
  const norm = sqrt(squares.reduce((total, square) => add(total, square)));
  return { factor: minimum(divide(limit, add(norm, 1e-6)), 1), norm };
}
