// A smaller graph that computes the same numbers.

import * as elementwise from './elementwise.js';
import { fold } from './fold.js';
import { broadcastToOp, reshape, reshapeOp, type TransposeAttrs, transpose, transposeOp } from './layout.js';
import { replaceRoots, rootsOf, withInputs } from './rewrite.js';
import { broadcastShapes, sameShape } from './shapes.js';
import { Structure } from './structure.js';
import { topological } from './traverse.js';
import { attrsOf, constantOp, type Graph, inputOp, type Op, parameterOp, type Value } from './value.js';

/**
 * Drops what no output or update needs, computes equal nodes once, and computes what depends on small constants
 * alone. Every number stays what it was (but for the sign of a zero). Inputs and parameters stay the same
 * values, all of them, so the graph is fed as before; two outputs may become one value.
 */
export function simplify(graph: Graph): Graph {
  const simpler = new Map<Value, Value>();
  const structure = new Structure();
  for (const value of topological(rootsOf(graph)))
    simpler.set(value, structure.intern(reduced(value, simpler)));
  return replaceRoots(graph, simpler);
}

function reduced(value: Value, simpler: ReadonlyMap<Value, Value>): Value {
  if (value.op === inputOp || value.op === parameterOp || value.op === constantOp) return value;
  // Before inputs are replaced, for a folded broadcast is a constant; and after, for one may have come to light.
  const inputs = narrow(value, value.inputs).map((x) => simpler.get(x) ?? x);
  return fold(rebuild(value, narrow(value, inputs)));
}

const broadcasting: ReadonlySet<Op> = new Set(elementwise.broadcastingOps);

/** The inputs, without a broadcast that the op would do itself: gradients of sums are full of them. */
function narrow(value: Value, inputs: readonly Value[]): readonly Value[] {
  if (!broadcasting.has(value.op)) return inputs;
  let narrowed = inputs;
  for (let i = 0; i < inputs.length; i++) {
    while (narrowed[i]!.op === broadcastToOp) {
      const next = narrowed.with(i, narrowed[i]!.inputs[0]!);
      if (!sameShape(next.map((x) => x.shape).reduce(broadcastShapes), value.shape)) break;
      narrowed = next;
    }
  }
  return narrowed;
}

/** Builders that spare a node where one operand is neutral or two moves make one. */
const builders: ReadonlyMap<Op, (inputs: readonly Value[], value: Value) => Value> = new Map([
  [elementwise.addOp, ([a, b]) => elementwise.add(a!, b!)],
  [elementwise.subtractOp, ([a, b]) => elementwise.subtract(a!, b!)],
  [elementwise.multiplyOp, ([a, b]) => elementwise.multiply(a!, b!)],
  [elementwise.divideOp, ([a, b]) => elementwise.divide(a!, b!)],
  [reshapeOp, ([x], value) => reshape(x!, value.shape)],
  [transposeOp, ([x], value) => transpose(x!, attrsOf<TransposeAttrs>(value).perm)],
]);

function rebuild(value: Value, inputs: readonly Value[]): Value {
  const build = builders.get(value.op);
  return build ? build(inputs, value) : withInputs(value, inputs);
}
