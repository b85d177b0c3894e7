import type { Value } from '@spatiallock/core';
import { type Op, reshapeOp, sliceOp, transposeOp } from '@spatiallock/core/backend';
import type { Emitter } from './emitter.js';
import { labelOf } from './label.js';
import { lowerings } from './lowering/index.js';
import type { ValueNames } from './names.js';

const moves: ReadonlySet<Op> = new Set([reshapeOp, sliceOp, transposeOp]);

/**
 * Moves numbers that are kept as halves (reshape, slice, transpose) before they are widened; otherwise the runtime would keep a
 * float32 copy. Returns the name of the moved halves; undefined where the operand is not kept as halves.
 */
export function movedHalves(value: Value, names: ValueNames, target: Emitter): string | undefined {
  const halves = moves.has(value.op) ? names.halvesOf(value.inputs[0]!) : undefined;
  if (halves === undefined) return undefined;
  target.label(labelOf(value));
  return lowerings[value.op.name]?.(value, [halves], target);
}
