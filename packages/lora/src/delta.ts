// The addition to a weight, as a value.

import { matmul, reshape, transpose, type Value } from '@spatiallock/core';

export interface DeltaParts {
  readonly down: Value;
  readonly up: Value;
  readonly mid?: Value;
}

/** up (mid) down in the shape of `like`; throws where they do not fit it. */
export function delta({ down, up, mid }: DeltaParts, like: Value): Value {
  const [out, rank] = [up.shape[0]!, up.shape[1]!];
  const left = reshape(up, [out, rank]);
  if (!mid) return reshape(matmul(left, reshape(down, [rank, -1])), like.shape);
  // W[o, i, k] = sum of up[o, p] mid[p, q, k] down[q, i].
  const inner = mid.shape[1]!;
  const cells = mid.shape.slice(2).reduce((a, b) => a * b, 1);
  const first = reshape(matmul(left, reshape(mid, [rank, -1])), [out, inner, cells]);
  const second = matmul(transpose(first, [0, 2, 1]), reshape(down, [inner, -1]));
  return reshape(transpose(second, [0, 2, 1]), like.shape);
}

/** Whether the parts make a weight of that shape: as many outputs, and as many numbers for each. */
export function fits(
  { down, up, mid }: Readonly<Record<keyof DeltaParts, { shape: readonly number[] } | undefined>>,
  shape: readonly number[],
): boolean {
  const sizeOf = (shape: readonly number[] = []) => shape.reduce((a, b) => a * b, 1);
  const width = sizeOf(down?.shape.slice(1)) * (mid ? sizeOf(mid.shape.slice(2)) : 1);
  return up?.shape[0] === shape[0] && width === sizeOf(shape.slice(1));
}
