// A training step cut in parts: what its outputs need, and then the updates of its parameters, a few at a time.

import {
  bytesOf,
  type Graph,
  inputOp,
  isLeaf,
  parameterOp,
  rootsOf,
  sizeOf,
  topological,
  type Value,
  type Values,
} from '../graph/index.js';
import { attrsOf, type LeafAttrs } from '../graph/value.js';
import { disjointSets } from './disjointSets.js';
import { subgraph } from './subgraph.js';

export interface StepPart {
  /** Parameters that are updated are inputs of it. Its `updates` are empty: it is a part of a training step. */
  readonly graph: Graph;
  /** Input -> the parameter of the whole graph whose present numbers it takes. */
  readonly updated: Readonly<Record<string, string>>;
}

export interface CutUpdates {
  /** Gives the step's outputs, and what the updates read under names of its own. */
  readonly first: StepPart;
  /** Each gives the next numbers of some parameters by their names, and reads no other one that is updated. */
  readonly updates: readonly StepPart[];
}

/**
 * Cuts a training graph, so that a runtime holds the next numbers of a few parameters at a time. A part gives about `updateBytes`, or
 * more where one parameter's own state is larger. No value is computed twice or in another order of operations. Undefined
 * where the updates cannot be told apart, would have to read more than they update, or where the graph does not hold its leaves.
 */
export function cutUpdates(graph: Graph, updateBytes: number): CutUpdates | undefined {
  const { outputs, updates = {} } = graph;
  if (!isDeclared(graph)) return undefined;
  const early = new Set(topological(Object.values(outputs)));
  const late = topological(Object.values(updates)).filter((value) => !isLeaf(value) && !early.has(value));
  const small = smallValues(late, early);
  const groups = groupsOf(graph, late, small);
  if (groups.length < 2) return undefined;
  const handed = sharedSmall(groups, small, updates, new Set(late));
  const isBetween = (value: Value): boolean => !isLeaf(value) && (early.has(value) || handed.has(value));
  const names = namesOf(graph);
  const packs = packed(groups, graph.params, updateBytes);
  const between = new Set<Value>();
  const parts = packs.map((pack) => {
    const wanted = Object.fromEntries(pack.map((name) => [name, updates[name]!]));
    return partOf(graph, wanted, names, (value) => {
      if (!isBetween(value)) return false;
      between.add(value);
      return true;
    });
  });
  const updatedBytes = Object.keys(updates).reduce((sum, name) => sum + bytesOf(graph.params[name]!), 0);
  const readBytes = [...between].reduce((sum, value) => sum + bytesOf(value), 0);
  if (readBytes > updatedBytes) return undefined;
  const handedOn = [...between].map((value) => [names.between(value), value] as const);
  return {
    first: partOf(graph, { ...outputs, ...Object.fromEntries(handedOn) }, names, () => false),
    updates: parts,
  };
}

/** Whether the graph names its inputs and parameters: who compiles the whole says which it does not. */
function isDeclared(graph: Graph): boolean {
  const { inputs, params, updates = {} } = graph;
  const leaves = topological(rootsOf(graph)).filter(({ op }) => op === inputOp || op === parameterOp);
  const isKnown = (leaf: Value): boolean =>
    (leaf.op === inputOp ? inputs : params)[attrsOf<LeafAttrs>(leaf).name] === leaf;
  return leaves.every(isKnown) && Object.keys(updates).every((name) => Object.hasOwn(params, name));
}

/** Numbers so few that every part may read them: rates, factors, the number of the step. */
const SMALL = 16;

/** Late values of few numbers that depend on nothing large but leaves and what is computed early. */
function smallValues(late: readonly Value[], early: ReadonlySet<Value>): ReadonlySet<Value> {
  const small = new Set<Value>();
  for (const value of late) {
    const known = value.inputs.every((x) => isLeaf(x) || early.has(x) || small.has(x));
    if (known && sizeOf(value.shape) <= SMALL) small.add(value);
  }
  return small;
}

/** Names of the parameters that are updated together, for their next numbers share large values or each other's present ones. */
function groupsOf(graph: Graph, late: readonly Value[], small: ReadonlySet<Value>): readonly string[][] {
  const { params, updates = {} } = graph;
  const isMoving = (value: Value): boolean =>
    value.op === parameterOp && Object.hasOwn(updates, attrsOf<LeafAttrs>(value).name);
  const large = new Set(late.filter((value) => !small.has(value)));
  const joins = (value: Value): boolean => large.has(value) || isMoving(value);
  const sets = disjointSets<Value>();
  for (const value of large) for (const x of value.inputs) if (joins(x)) sets.join(value, x);
  for (const [name, next] of Object.entries(updates)) if (joins(next)) sets.join(params[name]!, next);
  const groups = new Map<Value, string[]>();
  for (const name of Object.keys(updates)) {
    const root = sets.find(params[name]!);
    groups.set(root, [...(groups.get(root) ?? []), name]);
  }
  return [...groups.values()];
}

/** The small values that several groups read, or that read a parameter that is updated: they are computed before any does. */
function sharedSmall(
  groups: readonly (readonly string[])[],
  small: ReadonlySet<Value>,
  updates: Values,
  late: ReadonlySet<Value>,
): ReadonlySet<Value> {
  const needs = (value: Value): readonly Value[] => (late.has(value) ? value.inputs : []);
  const readers = new Map<Value, number>();
  const shared = new Set<Value>();
  groups.forEach((names, i) => {
    for (const value of topological(
      names.map((name) => updates[name]!),
      needs,
    )) {
      if (!small.has(value)) continue;
      const readsMoving = value.inputs.some(
        (x) => x.op === parameterOp && Object.hasOwn(updates, attrsOf<LeafAttrs>(x).name),
      );
      if (readsMoving || (readers.has(value) && readers.get(value) !== i)) shared.add(value);
      readers.set(value, i);
    }
  });
  return shared;
}

/** Groups one after another, put together up to `bytes`. */
function packed(groups: readonly (readonly string[])[], params: Values, bytes: number): string[][] {
  const packs: string[][] = [];
  let held = Number.POSITIVE_INFINITY;
  for (const group of groups) {
    const own = group.reduce((sum, name) => sum + bytesOf(params[name]!), 0);
    if (held + own > bytes) {
      packs.push([]);
      held = 0;
    }
    packs.at(-1)!.push(...group);
    held += own;
  }
  return packs;
}

interface Names {
  between(value: Value): string;
  updated(param: string): string;
}

/** Names beside those of the graph. */
function namesOf({ inputs, outputs, params }: Graph): Names {
  const taken = new Set([inputs, outputs, params].flatMap((values) => Object.keys(values)));
  const numbers = new Map<Value, number>();
  const free = (name: string): string => (taken.has(name) ? free(`${name}_`) : name);
  return {
    between: (value) => {
      const number = numbers.get(value) ?? numbers.size;
      numbers.set(value, number);
      return free(`between.${number}`);
    },
    updated: (param) => free(`updated.${param}`),
  };
}

/** The part that computes `outputs` from the graph's leaves and from what is `given`. */
function partOf(
  { updates = {} }: Graph,
  outputs: Values,
  names: Names,
  given: (value: Value) => boolean,
): StepPart {
  const updated: Record<string, string> = {};
  const graph = subgraph(outputs, (value) => {
    if (given(value)) return names.between(value);
    const param = value.op === parameterOp ? attrsOf<LeafAttrs>(value).name : undefined;
    if (param === undefined || !Object.hasOwn(updates, param)) return undefined;
    updated[names.updated(param)] = param;
    return names.updated(param);
  });
  return { graph: { ...graph, updates: {} }, updated };
}
