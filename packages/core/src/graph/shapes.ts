import { checkWhole } from '../checks/index.js';
import type { Shape } from './tensor.js';

/** The shape of an element-wise result under NumPy's broadcasting rules; throws where they forbid it. */
export function broadcastShapes(a: Shape, b: Shape): number[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, i) => {
    const m = a[i - rank + a.length] ?? 1;
    const n = b[i - rank + b.length] ?? 1;
    if (m !== n && m !== 1 && n !== 1) {
      throw new Error(`shapes [${a.join(', ')}] and [${b.join(', ')}] do not broadcast at axis ${i}`);
    }
    return m === 1 ? n : m;
  });
}

/** Whether two shapes have the same sizes. */
export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((n, i) => n === b[i]);
}

/** Counts a negative axis from the end; throws outside the rank. */
export function normaliseAxis(axis: number, rank: number): number {
  const positive = axis < 0 ? axis + rank : axis;
  if (!Number.isInteger(positive) || positive < 0 || positive >= rank) {
    throw new Error(`axis ${axis} is outside rank ${rank}`);
  }
  return positive;
}

const LENGTHS = { min: 0, max: 2 ** 31 - 1 };

/** 0, 1, ... n - 1. */
export function range(n: number): number[] {
  checkWhole(n, LENGTHS, 'n');
  return Array.from({ length: n }, (_, i) => i);
}
