// Reductions over axes.

import { cast, divide, equal, multiply } from './elementwise.js';
import { broadcastTo, reshape } from './layout.js';
import { checkValue, checkWholes } from './operands.js';
import { range } from './shapes.js';
import type { Shape } from './tensor.js';
import { attrsOf, axisOf, node, type Op, type Value } from './value.js';

/** Attributes of reduce nodes. */
export interface ReduceAttrs {
  readonly axes: readonly number[];
  readonly keepDims: boolean;
}
/** Attributes of argMax nodes. */
export interface ArgMaxAttrs {
  readonly axis: number;
}

function reducedShape(shape: Shape, { axes, keepDims }: ReduceAttrs): number[] {
  const kept = shape.map((n, i) => (axes.includes(i) ? 1 : n));
  return keepDims ? kept : kept.filter((_, i) => !axes.includes(i));
}

/** A reduced value back under the shape it came from, axes of length 1 in place of the reduced ones. */
function restore(y: Value, node: Value): Value {
  return reshape(
    y,
    reducedShape(node.inputs[0]!.shape, { axes: attrsOf<ReduceAttrs>(node).axes, keepDims: true }),
  );
}

function reduction(name: string, rule: (node: Value, dy: Value) => Value): Op {
  return {
    name,
    infer: ([x], attrs) => ({
      shape: reducedShape(x!.shape, attrs as unknown as ReduceAttrs),
      dtype: x!.dtype,
    }),
    vjp: (y, dy) => [rule(y, dy)],
  };
}

/** The op of `sum`. */
export const sumOp = reduction('sum', (y, dy) => broadcastTo(restore(dy, y), y.inputs[0]!.shape));

/** Equal maxima share the gradient. */
export const maxOp = reduction('max', (y, dy) => {
  const [x] = y.inputs as [Value];
  const hit = cast(equal(x, restore(y, y)), 'float32');
  const share = sum(hit, attrsOf<ReduceAttrs>(y).axes, true);
  return multiply(hit, divide(restore(dy, y), share));
});

/** The op of `argMax`. */
export const argMaxOp: Op = {
  name: 'argMax',
  infer: ([x], attrs) => {
    const { axis } = attrs as unknown as ArgMaxAttrs;
    return { shape: x!.shape.filter((_, i) => i !== axis), dtype: 'int32' };
  },
  vjp: () => [null],
};

function reduce(op: Op, x: Value, axes: readonly number[] | undefined, keepDims: boolean): Value {
  checkValue(op.name, x);
  if (axes !== undefined) checkWholes(op.name, axes, 'the axes');
  const rank = x.shape.length;
  const unique = [...new Set((axes ?? range(rank)).map((axis) => axisOf(op.name, x, axis)))];
  const sorted = unique.sort((a, b) => a - b);
  if (sorted.length === 0) return x;
  return node(op, [x], { axes: sorted, keepDims });
}

/** Sums over the axes, all of them by default. */
export function sum(x: Value, axes?: readonly number[], keepDims = false): Value {
  return reduce(sumOp, x, axes, keepDims);
}

/** The largest number over the axes, all of them by default. */
export function max(x: Value, axes?: readonly number[], keepDims = false): Value {
  return reduce(maxOp, x, axes, keepDims);
}

/** Index (int32) of the first largest number along an axis, which disappears. */
export function argMax(x: Value, axis: number): Value {
  return node(argMaxOp, [x], { axis: axisOf('argMax', x, axis) });
}

/** Averages over the axes, all of them by default. */
export function mean(x: Value, axes?: readonly number[], keepDims = false): Value {
  const total = sum(x, axes, keepDims);
  const count = x.shape.reduce((n, m) => n * m, 1) / total.shape.reduce((n, m) => n * m, 1);
  return divide(total, count);
}
