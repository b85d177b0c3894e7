// Dynamic loss scaling: what keeps small gradients from becoming zero in half precision.

import { add, divide, less, maximum, minimum, multiply, where } from '../graph/elementwise.js';
import type { Value } from '../graph/value.js';
import { type Init, type Scope, zeros } from '../nn/scope.js';

/** As PyTorch's GradScaler begins, grows and backs off. */
const INIT_SCALE: Init = { kind: 'constant', value: 2 ** 16 };
const GROWTH_INTERVAL = 2000;
const RANGE = { min: 1, max: 2 ** 24 };
/** A norm beyond it, or none at all, tells of numbers that half precision could not hold. */
const LARGEST_NORM = 1e37;

/** The state of loss scaling among the parameters of a training: it may begin anew at any step. */
export const lossScaleNames = { scale: 'train.lossScale', growthTracker: 'train.growthTracker' } as const;

/** The scale of a step, and what becomes of it. */
export interface LossScale {
  /** What the loss is multiplied by, and the gradients divided by afterwards: a scalar. */
  readonly scale: Value;
  /** Whether all gradients are finite, by their norm: a scalar of bool. */
  areFinite(norm: Value): Value;
  /** State parameter -> its next value. */
  next(finite: Value): ReadonlyMap<Value, Value>;
}

/**
 * Loss scaling (Micikevicius et al., arXiv 1710.03740): the loss is multiplied by a number so large that gradients fit into half
 * precision. A step whose gradients overflow is left out and halves the number; 2,000 steps without one double it.
 */
export function lossScale(state: Scope): LossScale {
  const scale = state.param(lossScaleNames.scale, [], INIT_SCALE);
  const growthTracker = state.param(lossScaleNames.growthTracker, [], zeros);
  return {
    scale,
    areFinite: (norm) => less(norm, LARGEST_NORM),
    next(finite) {
      const count = add(growthTracker, 1);
      const stays = less(count, GROWTH_INTERVAL);
      const grown = where(stays, scale, minimum(multiply(scale, 2), RANGE.max));
      return new Map([
        [scale, where(finite, grown, maximum(divide(scale, 2), RANGE.min))],
        [growthTracker, where(finite, where(stays, count, 0), 0)],
      ]);
    },
  };
}
