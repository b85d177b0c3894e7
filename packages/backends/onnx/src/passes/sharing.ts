import type { Graph, Value } from '@spatiallock/core';
import {
  broadcastToOp,
  type Op,
  reshapeOp,
  rootsOf,
  Structure,
  topological,
  transposeOp,
} from '@spatiallock/core/backend';

/** These only move numbers: what they give is no computation to be shared. */
const moves: ReadonlySet<Op> = new Set([reshapeOp, transposeOp, broadcastToOp]);

/** Tells of a composite of the graph whether other nodes of the graph compute a part of its expansion, too. */
export function sharedExpansions(graph: Graph): (composite: Value) => boolean {
  const structure = new Structure();
  const interned = new Map<Value, Value>();
  const intern = (value: Value): Value => {
    const inputs = value.inputs.map((x) => interned.get(x) ?? x);
    const same = inputs.every((x, i) => x === value.inputs[i]);
    const found = structure.intern(same ? value : { ...value, inputs });
    interned.set(value, found);
    return found;
  };
  const known = new Set(topological(rootsOf(graph)).map(intern));
  return (composite) => {
    const { expand } = composite.op;
    if (!expand) return false;
    const needs = (value: Value): readonly Value[] => (interned.has(value) ? [] : value.inputs);
    const inside = topological([expand(composite)], needs).filter((value) => !interned.has(value));
    return inside.map(intern).some((x) => known.has(x) && x.inputs.length > 0 && !moves.has(x.op));
  };
}
