import type { Shape } from '@spatiallock/core';
import type { Emitter } from '../emitter.js';

const BEFORE_FIRST = -(2 ** 31);

/** A kernel [.., .., KH, KW] turned by half a turn. */
export function flipped(kernel: string, shape: Shape, { emit, ints }: Emitter): string {
  const axes = [2, 3].filter((axis) => shape[axis]! > 1);
  if (axes.length === 0) return kernel;
  const each = (n: number) => ints(axes.map(() => n));
  return emit('Slice', [kernel, each(-1), each(BEFORE_FIRST), ints(axes), each(-1)]);
}
