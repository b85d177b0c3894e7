// Dependencies that change no number: they say what a runtime must compute first.

import { add, cast, less } from '../../graph/elementwise.js';
import { concat, reshape, slice } from '../../graph/layout.js';
import { sum } from '../../graph/reduce.js';
import { sizeOf } from '../../graph/tensor.js';
import type { Value } from '../../graph/value.js';

/**
 * A scalar 0 that is known once all of `values` (float32) are computed, and `before`. It is x < x, which is false for every
 * number, NaN included, and which no runtime's simplification takes for a constant.
 */
export function zeroAfter(values: readonly Value[], before?: Value): Value | undefined {
  const firsts = values.filter(({ shape, dtype }) => dtype === 'float32' && sizeOf(shape) > 0).map(firstOf);
  if (firsts.length === 0) return before;
  const all = firsts.length === 1 ? firsts[0]! : concat(firsts, 0);
  const zero = sum(cast(less(all, all), 'float32'));
  return before ? add(zero, before) : zero;
}

/** The same numbers, computed after `zero` is; whole numbers as they are. */
export const after = (value: Value, zero: Value): Value =>
  value.dtype === 'float32' ? add(value, zero) : value;

function firstOf(value: Value): Value {
  const starts = value.shape.map(() => 0);
  const ends = value.shape.map(() => 1);
  const one = value.shape.length === 0 ? value : slice(value, starts, ends);
  return reshape(one, [1]);
}
