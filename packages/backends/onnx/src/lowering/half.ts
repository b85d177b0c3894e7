import type { Emitter } from '../emitter.js';

/** The smallest half that is not subnormal; below it halves lie 2^-24 apart. */
const SMALLEST_NORMAL = 2 ** -14;
/** From here on numbers round to infinity. */
const TOO_LARGE = 65520;
/** A float32 keeps 24 bits and a half 11: products with 2^13 + 1 part a number there (Veltkamp's splitting). */
const SPLIT = 2 ** 13 + 1;
/** Added and taken away again, it leaves multiples of 2^-24. */
const GRID = 0.75;

/** Numbers in float32 rounded to the nearest half, ties to even, by float32 arithmetic alone. */
export function roundedToHalf(x: string, { emit, float }: Emitter): string {
  const size = emit('Abs', [x]);
  const wide = emit('Mul', [x, float(SPLIT)]);
  const normal = emit('Sub', [wide, emit('Sub', [wide, x])]);
  const subnormal = emit('Sub', [emit('Add', [x, float(GRID)]), float(GRID)]);
  const infinite = emit('Mul', [emit('Sign', [x]), float(Number.POSITIVE_INFINITY)]);
  const finite = emit('Where', [emit('Less', [size, float(SMALLEST_NORMAL)]), subnormal, normal]);
  return emit('Where', [emit('Less', [size, float(TOO_LARGE)]), finite, infinite]);
}
