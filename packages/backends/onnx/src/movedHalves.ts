import type { Value } from '@spatiallock/core';
import { type Op, reshapeOp, sliceOp, transposeOp } from '@spatiallock/core/backend';
import type { Emitter } from './emitter.js';
import { labelOf } from './label.js';
import { lowerings } from './lowering/index.js';
import type { ValueNames } from './names.js';

const moves: ReadonlySet<Op> = new Set([reshapeOp, sliceOp, transposeOp]);

/**
 * What only moves numbers that are kept as halves, done to the halves: widened first, they would leave a float32 copy behind
 * in the memory of the runtime. The name of the moved halves; undefined where there are none.
 */
export function movedHalves(value: Value, names: ValueNames, target: Emitter): string | undefined {
  const halves = moves.has(value.op) ? names.halvesOf(value.inputs[0]!) : undefined;
  if (halves === undefined) return undefined;
  target.label(labelOf(value));
  return lowerings[value.op.name]?.(value, [halves], target);
}
