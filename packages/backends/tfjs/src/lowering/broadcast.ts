import { type Shape, sameShape } from '@spatiallock/core';
import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { Setup } from './lowering.js';

/** Repeats numbers of one shape until they fill another. */
export function broadcaster(from: Shape, to: Shape, { kernel }: Setup): (x: TensorInfo) => TensorInfo {
  if (sameShape(from, to)) return (x) => x;
  const [reshape, tile] = [kernel('Reshape'), kernel('Tile')];
  const lead = to.length - from.length;
  const shape = to.map((_, i) => (i < lead ? 1 : from[i - lead]!));
  const reps = to.map((n, i) => (shape[i] === n ? 1 : n));
  return (x) => {
    const aligned = lead > 0 ? reshape({ x }, { shape }) : x;
    return reps.every((n) => n === 1) ? aligned : tile({ x: aligned }, { reps });
  };
}
