// A smaller graph that computes the same numbers.

import * as elementwise from './elementwise.js';
import { fold } from './fold.js';
import { broadcastToOp, reshape, reshapeOp, transpose, transposeOp, type TransposeAttrs } from './layout.js';
import { broadcastShapes, sameShape } from './shapes.js';
import { Structure } from './structure.js';
import { topological } from './traverse.js';
import { attrsOf, constantOp, type Graph, inputOp, type Op, parameterOp, type Value, type Values } from './value.js';

/**
 * Drops what no output or update needs, computes equal nodes once, and computes what depends on small constants
 * alone. Every number stays what it was (but for the sign of a zero). Inputs and parameters stay the same
 * values, all of them, so the graph is fed as before; two outputs may become one value.
 */
export function simplify(graph: Graph): Graph {
  const roots = [...Object.values(graph.outputs), ...Object.values(graph.updates ?? {})];
  const simpler = new Map<Value, Value>();
  const structure = new Structure();
  for (const value of topological(roots)) simpler.set(value, structure.intern(reduced(value, simpler)));
  const replaced = (values: Values): Values =>
    Object.fromEntries(Object.entries(values).map(([name, value]) => [name, simpler.get(value) ?? value]));
  return {
    ...graph,
    outputs: replaced(graph.outputs),
    ...(graph.updates && { updates: replaced(graph.updates) }),
  };
}

function reduced(value: Value, simpler: ReadonlyMap<Value, Value>): Value {
  if (value.op === inputOp || value.op === parameterOp || value.op === constantOp) return value;
  return fold(rebuild(value, operands(value).map((x) => simpler.get(x) ?? x)));
}

/** Ops that broadcast by themselves. */
const broadcasting: ReadonlySet<Op> = new Set([
  elementwise.addOp,
  elementwise.subtractOp,
  elementwise.multiplyOp,
  elementwise.divideOp,
  elementwise.powerOp,
  elementwise.maximumOp,
  elementwise.minimumOp,
  elementwise.lessOp,
  elementwise.equalOp,
  elementwise.whereOp,
]);

/** The inputs, without a broadcast that the op would do itself: gradients of sums are full of them. */
function operands(value: Value): readonly Value[] {
  if (!broadcasting.has(value.op)) return value.inputs;
  const inputs = [...value.inputs];
  inputs.forEach((x, i) => {
    while (x.op === broadcastToOp) {
      x = x.inputs[0]!;
      const shape = inputs.map((other, k) => (k === i ? x : other).shape).reduce(broadcastShapes);
      if (!sameShape(shape, value.shape)) break;
      inputs[i] = x;
    }
  });
  return inputs;
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
  if (build) return build(inputs, value);
  return inputs.every((x, i) => x === value.inputs[i]) ? value : { ...value, inputs };
}
