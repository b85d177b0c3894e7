import type { Shape } from '@spatiallock/core';
import type { Emitter } from '../emitter.js';

const BEFORE_FIRST = -(2 ** 31);

/** A kernel [.., .., KH, KW] rotated by 180 degrees. */
export function flipped(kernel: string, shape: Shape, emitter: Emitter): string {
  const axes = [2, 3].filter((axis) => shape[axis]! > 1);
  return axes.length === 0 ? kernel : reversed(kernel, axes, emitter);
}

/** The same numbers, the last ones first along `axes`. */
export function reversed(x: string, axes: readonly number[], { emit, ints }: Emitter): string {
  const each = (n: number) => ints(axes.map(() => n));
  return emit('Slice', [x, each(-1), each(BEFORE_FIRST), ints(axes), each(-1)]);
}
