// Replacing values by ones that ONNX Runtime computes faster.

import type { Graph, Value } from '@spatiallock/core';
import { replaceRoots, rootsOf, topological, withInputs } from '@spatiallock/core/backend';

/** The value to compute instead (on the same inputs' values), or undefined to leave it. */
export type Rule = (value: Value, uses: ReadonlyMap<Value, number>) => Value | undefined;

/** Applies a rule to every value, inputs first. `uses` counts in the graph as it was. */
export function rewrite(graph: Graph, rule: Rule): Graph {
  const roots = rootsOf(graph);
  const order = topological(roots);
  const uses = new Map<Value, number>();
  const count = (value: Value) => uses.set(value, (uses.get(value) ?? 0) + 1);
  roots.forEach(count);
  for (const value of order) value.inputs.forEach(count);
  const replaced = new Map<Value, Value>();
  for (const value of order) {
    const inputs = value.inputs.map((x) => replaced.get(x) ?? x);
    const moved = withInputs(value, inputs);
    // Rules look at the values behind the inputs, so they must know how often those are used.
    if (moved !== value) uses.set(moved, uses.get(value) ?? 0);
    const next = rule(moved, uses) ?? moved;
    if (next !== moved) uses.set(next, uses.get(value) ?? 0);
    replaced.set(value, next);
  }
  return replaceRoots(graph, replaced);
}
