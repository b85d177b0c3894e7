// How much there is to compute in a graph, counted without running it.

import { rootsOf } from './rewrite.js';
import { sizeOf } from './tensor.js';
import { topological } from './traverse.js';
import type { Graph, Value } from './value.js';

/**
 * Multiplications and additions of the matrix products and convolutions of a graph, those inside of attention included. What else
 * there is takes little beside them.
 */
export const operations = (graph: Graph): number => operationsOf(topological(rootsOf(graph)));

/** The same of some values, without what they are computed from. */
export function operationsOf(values: Iterable<Value>): number {
  let total = 0;
  const seen = new Set<Value>();
  const count = (each: Value): void => {
    if (seen.has(each)) return;
    seen.add(each);
    if (each.op.name === 'attention' && each.op.expand) {
      const outside = new Set(each.inputs);
      const needs = (value: Value): readonly Value[] => (outside.has(value) ? [] : value.inputs);
      for (const value of topological([each.op.expand(each)], needs)) if (!outside.has(value)) count(value);
    }
    total += ownOperations(each);
  };
  for (const each of values) count(each);
  return total;
}

function ownOperations({ op, inputs, shape }: Value): number {
  const [a, b] = inputs;
  switch (op.name) {
    case 'matmul':
      return 2 * sizeOf(shape) * (a?.shape.at(-1) ?? 0);
    case 'conv2d':
      return 2 * sizeOf(shape) * sizeOf(b?.shape.slice(1) ?? []);
    case 'conv2dInputGradient':
      return 2 * sizeOf(a?.shape ?? []) * sizeOf(b?.shape.slice(1) ?? []);
    case 'conv2dKernelGradient':
      return 2 * sizeOf(b?.shape ?? []) * sizeOf(shape.slice(1));
    default:
      return 0;
  }
}
