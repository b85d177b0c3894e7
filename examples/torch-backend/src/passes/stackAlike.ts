// Optimisers do the same to hundreds of tensors, of which many have one shape. Stacked, they need one kernel for
// each op instead of one for each op of each tensor: an optimiser such as Muon is most of a training graph's nodes.

import type { Graph, Value } from '@spatiallock/core';
import {
  constantOp,
  multiplyOp,
  type ReduceAttrs,
  replaceRoots,
  rootsOf,
  sumOp,
  topological,
  withInputs,
} from '@spatiallock/core/backend';
import { batched, isStackable, type Operand } from './batched.js';
import { select, stack } from './ops.js';

/**
 * The same graph with alike computations stacked: those that only `updates` need, and the sums of squares that
 * make up the norm of the gradients. Give it a simplified graph.
 */
export function stackAlike(graph: Graph): Graph {
  const groups = groupsOf(graph);
  const made = new Map<Value, Value>();
  const stacks = new Map<string, Value>();
  const numbers = new Map<Value, number>();
  const numberOf = (value: Value): number => {
    if (!numbers.has(value)) numbers.set(value, numbers.size);
    return numbers.get(value)!;
  };
  const stackOf = (values: readonly Value[]): Value => {
    const key = values.map(numberOf).join();
    const known = stacks.get(key) ?? stack(values);
    stacks.set(key, known);
    return known;
  };
  const operandOf = (members: readonly Value[], at: number): Operand => {
    const values = members.map((member) => made.get(member.inputs[at]!)!);
    const shared = values.every((value) => value === values[0]);
    return shared ? { value: values[0]!, stacked: false } : { value: stackOf(values), stacked: true };
  };
  const needs = (value: Value): readonly Value[] =>
    groups.get(value)?.flatMap(({ inputs }) => inputs) ?? value.inputs;

  for (const value of topological(rootsOf(graph), needs)) {
    if (made.has(value)) continue;
    const members = groups.get(value);
    const operands = members && value.inputs.map((_, at) => operandOf(members, at));
    if (!operands?.some(({ stacked }) => stacked)) {
      const inputs = value.inputs.map((x) => made.get(x)!);
      made.set(value, withInputs(value, inputs));
      continue;
    }
    const whole = batched(value, operands, members!.length);
    members!.forEach((member, i) => {
      made.set(member, select(whole, i));
    });
  }
  return replaceRoots(graph, made);
}

/** Members of each group of alike values, under every member. */
function groupsOf(graph: Graph): ReadonlyMap<Value, readonly Value[]> {
  const order = topological(rootsOf(graph));
  const watched = new Set(topological(Object.values(graph.outputs)));
  const candidates = new Set(
    order.filter((value) => isStackable(value) && (!watched.has(value) || isSquares(value))),
  );
  const keys = keysOf(order, candidates);
  const byKey = new Map<string, Value[]>();
  for (const value of candidates) {
    const key = keys.get(value)!;
    byKey.set(key, [...(byKey.get(key) ?? []), value]);
  }
  const alike = [...byKey.values()].filter((members) => members.length > 1);
  return new Map(alike.flatMap((members) => members.map((member) => [member, members] as const)));
}

/** A sum of squares over all axes. */
function isSquares({ op, attrs, inputs: [x] }: Value): boolean {
  if (op !== sumOp || x!.op !== multiplyOp || x!.inputs[0] !== x!.inputs[1]) return false;
  return (attrs as unknown as ReduceAttrs).axes.length === x!.shape.length;
}

/**
 * A text for each candidate that is equal where candidates compute alike: through the same ops, from values of the
 * same shapes. The level counts how often a path left the candidates and came back. Along any path either it or
 * the height among candidates grows, and a key tells both: no member of a group can depend on another.
 */
function keysOf(order: readonly Value[], candidates: ReadonlySet<Value>): ReadonlyMap<Value, string> {
  const keys = new Map<Value, string>();
  const levels = new Map<Value, number>();
  const ids = new Map<unknown, number>();
  const idOf = (thing: unknown): number => {
    if (!ids.has(thing)) ids.set(thing, ids.size);
    return ids.get(thing)!;
  };
  const operandKey = (x: Value): string => {
    if (candidates.has(x)) return `#${idOf(keys.get(x))}`;
    // One number is the same for all; larger values may differ from member to member.
    const same = x.shape.length === 0 || x.op === constantOp;
    return same ? `=${idOf(x)}` : `${x.dtype}[${x.shape}]`;
  };
  for (const value of order) {
    const inside = candidates.has(value);
    const level = value.inputs.reduce(
      (most, x) => Math.max(most, levels.get(x)! + (!inside && candidates.has(x) ? 1 : 0)),
      0,
    );
    levels.set(value, level);
    if (!inside) continue;
    const { op, attrs, shape, dtype, inputs } = value;
    keys.set(
      value,
      `${level} ${op.name} ${JSON.stringify(attrs)} ${dtype}[${shape}] ${inputs.map(operandKey).join(' ')}`,
    );
  }
  return keys;
}
