// Convolutions in groups as one convolution a group: kernels here know no groups.

import { concat, type Graph, range, sliceAxis, type Value } from '@spatiallock/core';
import {
  attrsOf,
  type ConvGradientAttrs,
  conv2dInputGradientOp,
  conv2dKernelGradientOp,
  conv2dOp,
  node,
  type Op,
  replaceRoots,
  rootsOf,
  topological,
  withInputs,
} from '@spatiallock/core/backend';

/** Along which axes the operands and the result part into groups. */
const parts: ReadonlyMap<Op, readonly [number, number, number]> = new Map([
  [conv2dOp, [1, 0, 1]],
  [conv2dInputGradientOp, [1, 0, 1]],
  [conv2dKernelGradientOp, [1, 1, 0]],
] as const);

export function ungroup(graph: Graph): Graph {
  const replaced = new Map<Value, Value>();
  const roots = rootsOf(graph);
  for (const value of topological(roots)) {
    const moved = withInputs(
      value,
      value.inputs.map((x) => replaced.get(x) ?? x),
    );
    const axes = parts.get(value.op);
    replaced.set(value, axes ? oneByOne(moved, axes) : moved);
  }
  return replaceRoots(graph, replaced);
}

function oneByOne(value: Value, [left, right, joined]: readonly [number, number, number]): Value {
  const attrs = attrsOf<ConvGradientAttrs>(value);
  const { groups } = attrs;
  if (groups === 1) return value;
  const [a, b] = value.inputs as [Value, Value];
  const partOf = (x: Value, axis: number, i: number): Value => {
    const size = x.shape[axis]! / groups;
    return sliceAxis(x, axis, i * size, (i + 1) * size);
  };
  const shape = attrs.shape && value.shape.map((n, axis) => (axis === joined ? n / groups : n));
  const each = { ...attrs, ...(shape && { shape }), groups: 1 };
  const results = range(groups).map((i) => node(value.op, [partOf(a, left, i), partOf(b, right, i)], each));
  return concat(results, joined);
}
