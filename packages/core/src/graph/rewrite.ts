// What passes over a whole graph share.

import { checkObject } from '../checks/index.js';
import { topological } from './traverse.js';
import type { Graph, Op, Value, Values } from './value.js';

/** Everything that a graph computes for its own sake: outputs and updates. */
export function rootsOf(graph: Graph): Value[] {
  checkObject(checkObject(graph, 'graph').outputs, 'graph.outputs');
  return [...Object.values(graph.outputs), ...Object.values(graph.updates ?? {})];
}

/** The graph with its outputs and updates replaced where `by` knows another value. */
export function replaceRoots(graph: Graph, by: ReadonlyMap<Value, Value>): Graph {
  checkObject(checkObject(graph, 'graph').outputs, 'graph.outputs');
  const replaced = (values: Values): Values =>
    Object.fromEntries(Object.entries(values).map(([name, value]) => [name, by.get(value) ?? value]));
  return {
    ...graph,
    outputs: replaced(graph.outputs),
    ...(graph.updates && { updates: replaced(graph.updates) }),
  };
}

/** The value on other inputs, or itself where they are its own. */
export function withInputs(value: Value, inputs: readonly Value[]): Value {
  return inputs.every((x, i) => x === value.inputs[i]) ? value : { ...value, inputs };
}

/**
 * The same graph in primitives; composites for which `keep` holds stay, as it is asked of each value. Call `simplify` after it: expansions of
 * a composite and of its gradient share much.
 */
export function expandComposites(graph: Graph, keep: (op: Op, value: Value) => boolean = () => false): Graph {
  const expansions = new Map<Value, Value>();
  const needs = (value: Value): readonly Value[] => {
    if (!value.op.expand || keep(value.op, value)) return value.inputs;
    const expansion = value.op.expand(value);
    expansions.set(value, expansion);
    return [expansion];
  };
  const lowered = new Map<Value, Value>();
  for (const value of topological(rootsOf(graph), needs)) {
    const expansion = expansions.get(value);
    const inputs = value.inputs.map((x) => lowered.get(x) ?? x);
    lowered.set(value, expansion ? (lowered.get(expansion) ?? expansion) : withInputs(value, inputs));
  }
  return replaceRoots(graph, lowered);
}
