import { checkKeys, checkNumber } from '../checks/index.js';
import { add, cos, divide, maximum, minimum, multiply, subtract } from '../graph/elementwise.js';
import type { Value } from '../graph/value.js';

/** Learning rate (a scalar) of the step numbered from 1 (a scalar). */
export type LearningRate = (step: Value) => Value;

/** Options of `cosineRate`. */
export interface CosineOptions {
  readonly peak: number;
  /** Steps of linear rise. */
  readonly warmup: number;
  /** Steps in all; afterwards the rate stays at `floor`. */
  readonly steps: number;
  /** Share of the peak at the end; default 0.01. */
  readonly floor?: number;
}

function checkCosine(options: unknown): void {
  const given = checkKeys(options, ['peak', 'warmup', 'steps', 'floor'], 'cosineRate');
  for (const name of ['peak', 'warmup', 'steps']) {
    checkNumber(given[name], { min: 0, max: Number.MAX_VALUE }, `cosineRate.${name}`);
  }
  if (given.floor !== undefined) checkNumber(given.floor, { min: 0, max: 1 }, 'cosineRate.floor');
}

/** Linear rise, then half a cosine down (Loshchilov and Hutter, arXiv 1608.03983). */
export function cosineRate(options: CosineOptions): LearningRate {
  checkCosine(options);
  const { peak, warmup, steps, floor = 0.01 } = options;
  return (step) => {
    const rise = minimum(divide(step, warmup), 1);
    const done = minimum(maximum(divide(subtract(step, warmup), Math.max(1, steps - warmup)), 0), 1);
    const fall = add(multiply(add(cos(multiply(done, Math.PI)), 1), (1 - floor) / 2), floor);
    return multiply(multiply(rise, fall), peak);
  };
}
