// What a graph computes again in every call although its inputs are those of the call before, taken out of it.

import {
  broadcastToOp,
  castOp,
  constantOp,
  type Graph,
  inputOp,
  type Op,
  operationsOf,
  parameterOp,
  reshapeOp,
  rootsOf,
  topological,
  type Value,
} from '../graph/index.js';
import { attrsOf, type LeafAttrs } from '../graph/value.js';
import { subgraph } from './subgraph.js';

/** A graph in two: `call`, which also takes the outputs of `once` as inputs, gives what the whole gives. */
export interface HoistedGraph {
  readonly once: Graph;
  readonly call: Graph;
}

/** Shares of operations below which a second graph is not worth its numbers' way to the device and back; our choice. */
const LEAST_SHARE = 1 / 20;

/** These only move numbers, or write them more than once: each call does that by itself. */
const moves: ReadonlySet<Op> = new Set([reshapeOp, broadcastToOp, castOp]);

/**
 * Takes out of an inference graph what depends on none of the inputs in `varying`, though on others. Undefined where that is less than a
 * twentieth of the operations, or nothing.
 */
export function hoistGraph(graph: Graph, varying: ReadonlySet<string>): HoistedGraph | undefined {
  const order = topological(rootsOf(graph));
  const kinds = kindsOf(order, varying);
  const isHoisted = (value: Value): boolean => kinds.get(value) === 'once';
  const hoisted = order.filter((value) => isHoisted(value) && value.op !== inputOp);
  if (operationsOf(hoisted) < LEAST_SHARE * operationsOf(order)) return undefined;
  const saves = savingOf(hoisted);
  const taken = new Set([graph.inputs, graph.params].flatMap((values) => Object.keys(values)));
  const free = (name: string): string => (taken.has(name) ? free(`${name}_`) : name);
  const once: Record<string, Value> = {};
  const call = subgraph(graph.outputs, (value) => {
    if (!saves.has(value) || moves.has(value.op) || value.dtype !== 'float32') return undefined;
    const name = free(`once.${Object.keys(once).length}`);
    once[name] = value;
    return name;
  });
  return Object.keys(once).length === 0 ? undefined : { once: subgraph(once, () => undefined), call };
}

/**
 * Those of the hoisted values, in their order, that are products or computed from some. What else there is, such as weights that
 * a plugin changes by its strength, is large and cheap: each call computes it by itself.
 */
function savingOf(hoisted: readonly Value[]): ReadonlySet<Value> {
  const saves = new Set<Value>();
  for (const value of hoisted) {
    if (value.inputs.some((x) => saves.has(x)) || operationsOf([value]) > 0) saves.add(value);
  }
  return saves;
}

type Kind = 'constant' | 'once' | 'call';

/** Whether each value depends on no input, on such as stay alone, or on one that varies. */
function kindsOf(order: readonly Value[], varying: ReadonlySet<string>): ReadonlyMap<Value, Kind> {
  const kinds = new Map<Value, Kind>();
  for (const value of order) kinds.set(value, kindOf(value, kinds, varying));
  return kinds;
}

function kindOf(value: Value, kinds: ReadonlyMap<Value, Kind>, varying: ReadonlySet<string>): Kind {
  if (value.op === inputOp) return varying.has(attrsOf<LeafAttrs>(value).name) ? 'call' : 'once';
  if (value.op === constantOp || value.op === parameterOp) return 'constant';
  const own = value.inputs.map((x) => kinds.get(x)!);
  if (own.includes('call')) return 'call';
  return own.includes('once') ? 'once' : 'constant';
}
