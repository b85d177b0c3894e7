// An op on a stack in place of the same op on each of its members.

import { reshape, type Value } from '@spatiallock/core';
import {
  absOp,
  broadcastingOps,
  broadcastToOp,
  castOp,
  cosOp,
  erfOp,
  expOp,
  logOp,
  matmulOp,
  maxOp,
  negateOp,
  node,
  type Op,
  type ReduceAttrs,
  reshapeOp,
  type ShapeAttrs,
  sigmoidOp,
  signOp,
  sinOp,
  sqrtOp,
  sumOp,
  type TransposeAttrs,
  tanhOp,
  transposeOp,
} from '@spatiallock/core/backend';

type AttrsOf = (member: Value, count: number) => Value['attrs'];

const own: AttrsOf = ({ attrs }) => attrs;
const widened: AttrsOf = ({ shape }, count) => ({ shape: [count, ...shape] }) satisfies ShapeAttrs;
const reduced: AttrsOf = ({ attrs }) => {
  const { axes, keepDims } = attrs as unknown as ReduceAttrs;
  return { axes: axes.map((axis) => axis + 1), keepDims };
};
const permuted: AttrsOf = ({ attrs }) => {
  const { perm } = attrs as unknown as TransposeAttrs;
  return { perm: [0, ...perm.map((axis) => axis + 1)] };
};

const unary = [absOp, castOp, cosOp, erfOp, expOp, logOp, negateOp, sigmoidOp, signOp, sinOp, sqrtOp, tanhOp];

/** Ops that a stack can stand before, and their attributes there. */
const attributes: ReadonlyMap<Op, AttrsOf> = new Map<Op, AttrsOf>([
  ...[...unary, ...broadcastingOps, matmulOp].map((op) => [op, own] as const),
  [reshapeOp, widened],
  [broadcastToOp, widened],
  [sumOp, reduced],
  [maxOp, reduced],
  [transposeOp, permuted],
]);

export const isStackable = ({ op }: Value): boolean => attributes.has(op);

/** Ops whose operands are aligned by their last axes. */
const aligning: ReadonlySet<Op> = new Set([...broadcastingOps, broadcastToOp, matmulOp]);

/** An operand of a stacked op: a stack, or one value for all members. */
export interface Operand {
  readonly value: Value;
  readonly stacked: boolean;
}

/** What `member` computes, for `count` members at once. */
export function batched(member: Value, operands: readonly Operand[], count: number): Value {
  const rank = member.shape.length;
  const inputs = operands.map(({ value, stacked }) =>
    stacked && aligning.has(member.op) ? aligned(value, rank) : value,
  );
  return node(member.op, inputs, attributes.get(member.op)!(member, count));
}

/** A stack whose members have `rank` axes, new ones of length 1 in front of their own. */
function aligned(x: Value, rank: number): Value {
  const [count, ...shape] = x.shape as [number, ...number[]];
  const missing = Math.max(0, rank - shape.length);
  return reshape(x, [count, ...Array<number>(missing).fill(1), ...shape]);
}
