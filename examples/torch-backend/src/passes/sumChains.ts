// The joint norm of all gradients is a chain of hundreds of additions of single numbers.

import { add, type Graph, sum, type Value } from '@spatiallock/core';
import { addOp, attrsOf, replaceRoots, rootsOf, topological, withInputs } from '@spatiallock/core/backend';
import { isWhole, type SelectAttrs, selectOp, stack } from './ops.js';

/** From this many numbers on, they are stacked and summed. */
const MANY = 8;

/** The same graph with long chains of additions of scalars as sums; only the order of additions differs. */
export function sumChains(graph: Graph): Graph {
  const order = topological(rootsOf(graph));
  const inside = innerLinks(order, rootsOf(graph));
  const made = new Map<Value, Value>();
  const mapped = (x: Value): Value => made.get(x)!;
  for (const value of order) {
    const terms = isLink(value) && !inside.has(value) ? termsOf(value, inside) : [];
    const long = terms.length >= MANY;
    made.set(value, long ? total(terms.map(mapped)) : withInputs(value, value.inputs.map(mapped)));
  }
  return replaceRoots(graph, made);
}

const isLink = ({ op, shape, dtype }: Value): boolean =>
  op === addOp && shape.length === 0 && dtype === 'float32';

/** Links that the next link alone reads. */
function innerLinks(order: readonly Value[], roots: readonly Value[]): ReadonlySet<Value> {
  const readers = new Map<Value, Value[]>();
  for (const value of order) {
    for (const x of value.inputs) readers.set(x, [...(readers.get(x) ?? []), value]);
  }
  const kept = new Set(roots);
  const inner = (value: Value): boolean => {
    const [reader, ...others] = readers.get(value) ?? [];
    return !kept.has(value) && others.length === 0 && reader !== undefined && isLink(reader);
  };
  return new Set(order.filter((value) => isLink(value) && inner(value)));
}

/** What a chain adds up, from its first to its last. */
function termsOf(head: Value, inside: ReadonlySet<Value>): Value[] {
  const terms: Value[] = [];
  const open = [head];
  for (let link = open.pop(); link; link = open.pop()) {
    if (link !== head && !inside.has(link)) terms.push(link);
    else open.push(...link.inputs.toReversed());
  }
  return terms;
}

/** Stacks that stand in the chain with all their members are summed as they are. */
function total(terms: readonly Value[]): Value {
  const members = new Map<Value, Value[]>();
  for (const term of terms) {
    const from = term.op === selectOp ? term.inputs[0]! : term;
    members.set(from, [...(members.get(from) ?? []), term]);
  }
  const parts = [...members].flatMap(([from, some]) => {
    const sorted = [...some].sort((a, b) => indexOf(a) - indexOf(b));
    return isWhole(from, sorted) ? [sum(from)] : some;
  });
  return parts.length < MANY ? parts.reduce((a, b) => add(a, b)) : sum(stack(parts));
}

const indexOf = (value: Value): number => attrsOf<Partial<SelectAttrs>>(value).index ?? 0;
