// How much memory the values of a graph need, counted without running it.

import { reshapeOp } from './layout.js';
import { rootsOf } from './rewrite.js';
import { type DType, type Shape, sizeOf } from './tensor.js';
import { topological } from './traverse.js';
import { constantOp, type Graph, inputOp, parameterOp, type Value } from './value.js';

const bytesPerNumber: Readonly<Record<DType, number>> = { float32: 4, float16: 4, int32: 4, bool: 1 };

/** Bytes of a value's numbers while it is computed with; halves are computed in float32. */
export const bytesOf = ({ dtype, shape }: { readonly dtype: DType; readonly shape: Shape }): number =>
  bytesPerNumber[dtype] * sizeOf(shape);

export const isLeaf = ({ op }: Value): boolean => op === inputOp || op === parameterOp || op === constantOp;

/** The values of `order` that depend on constants and on parameters alone that are not in `changing`. */
export function fixedValues(order: readonly Value[], changing: object = {}): Set<Value> {
  const fixed = new Set<Value>();
  for (const value of order) {
    const { op, inputs, attrs } = value;
    const leaf = op === constantOp || (op === parameterOp && !Object.hasOwn(changing, String(attrs.name)));
    if (inputs.length > 0 ? inputs.every((x) => fixed.has(x)) : leaf) fixed.add(value);
  }
  return fixed;
}

/**
 * The most bytes that computed values take at one time when a value is freed after the last node that reads it: the larger
 * number of two orders, for runtimes go to the first input of a node first, or to the last. Inputs, parameters and what
 * depends on constants alone are not counted; a reshaped value shares the memory of its source. Composites count as they
 * stand: expand them first to count what is inside.
 */
export function peakBytes(graph: Graph): number {
  const roots = rootsOf(graph);
  const order = topological(roots);
  const place = new Map(order.map((value, i) => [value, i]));
  const lastFirst = (value: Value): Value[] => value.inputs.toSorted((a, b) => place.get(b)! - place.get(a)!);
  return Math.max(peakIn(order, graph), peakIn(topological(roots.toReversed(), lastFirst), graph));
}

function peakIn(order: readonly Value[], graph: Graph): number {
  const roots = rootsOf(graph);
  const fixed = fixedValues(order, graph.updates);
  const owner = new Map<Value, Value>();
  const ownerOf = (value: Value): Value => owner.get(value) ?? value;
  for (const value of order) if (value.op === reshapeOp) owner.set(value, ownerOf(value.inputs[0]!));
  const readers = new Map<Value, number>();
  const count = (value: Value, by: number): number => {
    const left = (readers.get(ownerOf(value)) ?? 0) + by;
    readers.set(ownerOf(value), left);
    return left;
  };
  const isCounted = (value: Value): boolean => !isLeaf(value) && !fixed.has(value);
  for (const value of order) for (const x of value.inputs) count(x, 1);
  for (const root of roots) count(root, 1);
  let now = 0;
  let peak = 0;
  for (const value of order) {
    if (isCounted(value) && !owner.has(value)) now += bytesOf(value);
    peak = Math.max(peak, now);
    for (const x of value.inputs) {
      if (count(x, -1) === 0 && isCounted(ownerOf(x))) now -= bytesOf(ownerOf(x));
    }
  }
  return peak;
}
