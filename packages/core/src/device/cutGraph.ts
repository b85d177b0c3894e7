// A graph cut into parts that follow one another, each with parameters of a limited size.

import {
  bytesOf,
  constantOp,
  type Graph,
  inputOp,
  isLeaf,
  parameterOp,
  rootsOf,
  topological,
  type Value,
} from '../graph/index.js';
import { attrsOf, type LeafAttrs } from '../graph/value.js';
import { subgraph } from './subgraph.js';

export interface GraphPart {
  /** Its inputs and outputs go by the names of the whole graph's, and of `between`. */
  readonly graph: Graph;
  /** Bytes of its parameters in float32. */
  readonly bytes: number;
}

export interface CutGraph {
  readonly parts: readonly GraphPart[];
  /** Where each output of the whole graph is found: among the outputs of parts, the inputs or the parameters. */
  readonly outputs: Readonly<Record<string, string>>;
}

/**
 * Cuts an inference graph where few numbers go over from one part to the next. A part holds parameters of at most
 * `partBytes`, or those of one operation where they are more. Parameters that several parts read are counted in each.
 */
export function cutGraph(graph: Graph, partBytes: number): CutGraph {
  const roots = new Set(rootsOf(graph));
  // A constant that is an output has to come out of some part.
  const isComputed = (value: Value): boolean =>
    !isLeaf(value) || (value.op === constantOp && roots.has(value));
  const order = topological(roots).filter(isComputed);
  const position = new Map(order.map((value, at) => [value, at]));
  const cuts = placesToCut(order, position, partBytes);
  const nameOf = namesOf(graph, order);
  const lastUse = lastUses(order);
  const parts = cuts.map((from, i) => {
    const to = cuts[i + 1] ?? order.length;
    const handedOn = (value: Value): boolean => roots.has(value) || (lastUse.get(value) ?? -1) >= to;
    return partOf(order.slice(from, to), { handedOn, nameOf });
  });
  const outputs = Object.entries(graph.outputs).map(([name, value]) => [name, nameOf(value)] as const);
  return { parts, outputs: Object.fromEntries(outputs) };
}

/** The position of the last value that reads each. */
function lastUses(order: readonly Value[]): ReadonlyMap<Value, number> {
  const last = new Map<Value, number>();
  order.forEach((value, at) => {
    for (const each of value.inputs) last.set(each, at);
  });
  return last;
}

/** Bytes that are computed before each position and read from there on. */
function liveBytes(order: readonly Value[]): readonly number[] {
  const change = new Array<number>(order.length + 1).fill(0);
  const last = lastUses(order);
  order.forEach((value, at) => {
    const end = last.get(value);
    if (end === undefined) return;
    change[at + 1]! += bytesOf(value);
    change[end + 1]! -= bytesOf(value);
  });
  let live = 0;
  return change.map((by) => {
    live += by;
    return live;
  });
}

/** Where each part begins. */
function placesToCut(
  order: readonly Value[],
  position: ReadonlyMap<Value, number>,
  partBytes: number,
): readonly number[] {
  const live = liveBytes(order);
  const cuts = [0];
  /** Bytes of the present part's parameters up to each of its values. */
  let held: number[] = [];
  let known = new Set<Value>();
  for (let at = 0; at < order.length; at++) {
    const fresh = order[at]!.inputs.filter((each) => each.op === parameterOp && !known.has(each));
    const added = [...new Set(fresh)].reduce((sum, each) => sum + bytesOf(each), 0);
    const bytes = (held.at(-1) ?? 0) + added;
    const start = cuts.at(-1)!;
    if (bytes > partBytes && (held.at(-1) ?? 0) > 0) {
      const cut = narrowest(live, held, start, partBytes / 2);
      cuts.push(cut);
      held = [];
      known = new Set();
      // What was counted beyond the cut belongs to the next part.
      at = cut - 1;
      continue;
    }
    for (const each of fresh) known.add(each);
    held.push(bytes);
  }
  return cuts.filter((cut) => cut < position.size || cut === 0);
}

/** The place with the fewest live bytes among those that leave at least `least` bytes of parameters before them. */
function narrowest(live: readonly number[], held: readonly number[], start: number, least: number): number {
  const end = start + held.length;
  let best = end;
  for (let cut = end; cut > start; cut--) {
    if (held[cut - start - 1]! < least) break;
    if (live[cut]! < live[best]!) best = cut;
  }
  return best;
}

/** Names for what goes from part to part, beside those of inputs and parameters. */
function namesOf(graph: Graph, order: readonly Value[]): (value: Value) => string {
  const taken = new Set([...Object.keys(graph.inputs), ...Object.keys(graph.params)]);
  const numbers = new Map(order.map((value, at) => [value, at]));
  return (value) => {
    if (value.op === inputOp || value.op === parameterOp) return attrsOf<LeafAttrs>(value).name;
    let name = `between.${numbers.get(value)}`;
    while (taken.has(name)) name = `${name}_`;
    return name;
  };
}

interface PartContext {
  readonly handedOn: (value: Value) => boolean;
  readonly nameOf: (value: Value) => string;
}

function partOf(own: readonly Value[], { handedOn, nameOf }: PartContext): GraphPart {
  const inside = new Set(own);
  const outputs = own.filter(handedOn).map((value) => [nameOf(value), value] as const);
  const graph = subgraph(Object.fromEntries(outputs), (value) =>
    inside.has(value) || isLeaf(value) ? undefined : nameOf(value),
  );
  const bytes = Object.values(graph.params).reduce((sum, each) => sum + bytesOf(each), 0);
  return { graph, bytes };
}
