// Hoists what does not change between calls out of a graph, as compilers do with loop-invariant code.

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

/** Below this share of the operations a second graph does not pay for moving its outputs to the device and back; our choice. */
const LEAST_SHARE = 1 / 20;

/** These only move or repeat numbers, so each call does it itself. */
const moves: ReadonlySet<Op> = new Set([reshapeOp, broadcastToOp, castOp]);

/**
 * Cuts an inference graph in two: values that depend on inputs, but on none in `varying`, move to `once`. Undefined where they are less
 * than a twentieth of the operations, or nothing can be handed over.
 */
export function hoistGraph(graph: Graph, varying: ReadonlySet<string>): HoistedGraph | undefined {
  const order = topological(rootsOf(graph));
  const kinds = kindsOf(order, varying);
  const isHoisted = (value: Value): boolean => kinds.get(value) === 'once';
  const hoisted = order.filter((value) => isHoisted(value) && value.op !== inputOp);
  if (operationsOf(hoisted) < LEAST_SHARE * operationsOf(order)) return undefined;
  const costly = costlyOf(hoisted);
  const taken = new Set([graph.inputs, graph.params].flatMap((values) => Object.keys(values)));
  const free = (name: string): string => (taken.has(name) ? free(`${name}_`) : name);
  const once: Record<string, Value> = {};
  const call = subgraph(graph.outputs, (value) => {
    if (!costly.has(value) || moves.has(value.op) || value.dtype !== 'float32') return undefined;
    const name = free(`once.${Object.keys(once).length}`);
    once[name] = value;
    return name;
  });
  return Object.keys(once).length === 0 ? undefined : { once: subgraph(once, () => undefined), call };
}

/**
 * The hoisted values that are matrix products or convolutions, or depend on one. Others, such as weights scaled by a plugin's
 * strength, are cheap to compute and may be large, so each call computes them itself.
 */
function costlyOf(hoisted: readonly Value[]): ReadonlySet<Value> {
  const costly = new Set<Value>();
  for (const value of hoisted) {
    if (value.inputs.some((x) => costly.has(x)) || operationsOf([value]) > 0) costly.add(value);
  }
  return costly;
}

type Kind = 'constant' | 'once' | 'call';

/** Whether each value depends on no input, only on inputs that do not vary, or on one that does. */
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
