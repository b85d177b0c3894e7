// Dynamic loss scaling: what keeps small gradients from becoming zero in half precision.

import { add, divide, less, maximum, minimum, multiply, where } from '../graph/elementwise.js';
import type { Value } from '../graph/value.js';
import type { Init, Scope } from '../nn/scope.js';
import { zeros } from '../nn/scope.js';

/** As PyTorch's GradScaler begins, grows and falls back. */
const FIRST = 2 ** 16;
const GROWTH_STEPS = 2000;
const RANGE = { min: 1, max: 2 ** 24 };
/** A norm beyond it, or none at all, tells of numbers that half precision could not hold. */
const LARGEST_NORM = 1e37;

const first: Init = { kind: 'constant', value: FIRST };

/** The scale of a step, and what becomes of it. */
export interface LossScale {
  /** What the loss is multiplied by, and the gradients divided by afterwards: a scalar. */
  readonly scale: Value;
  /** Whether the step counts, by the norm of the gradients: a scalar of bool. */
  isSound(norm: Value): Value;
  /** State parameter -> its next value. */
  next(sound: Value): ReadonlyMap<Value, Value>;
}

/**
 * Loss scaling (Micikevicius et al., arXiv 1710.03740): the loss is multiplied by a number so large that gradients fit into half
 * precision. A step whose gradients overflow is left out and halves the number; 2,000 steps without one double it.
 */
export function lossScale(state: Scope): LossScale {
  const scale = state.param('lossScale', [], first);
  const soundSteps = state.param('soundSteps', [], zeros);
  return {
    scale,
    isSound: (norm) => less(norm, LARGEST_NORM),
    next(sound) {
      const count = add(soundSteps, 1);
      const stays = less(count, GROWTH_STEPS);
      const grown = where(stays, scale, minimum(multiply(scale, 2), RANGE.max));
      return new Map([
        [scale, where(sound, grown, maximum(divide(scale, 2), RANGE.min))],
        [soundSteps, where(sound, where(stays, count, 0), 0)],
      ]);
    },
  };
}
