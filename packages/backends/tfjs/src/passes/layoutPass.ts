// Decides, once for a whole graph, which maps have their channels last: kernels want convolutions so. Values in
// between (element-wise, norms, joins, sums, tokens of pixels) follow the maps that they are computed from, and
// axes are moved only where a value with another layout meets them.

import { type Graph, transpose, type Value } from '@spatiallock/core';
import { replaceRoots, rootsOf, topological, withInputs } from '@spatiallock/core/backend';
import { TO_FIRST, TO_LAST } from './lastOps.js';
import { layoutRules } from './layoutRules.js';

/** A value with channels first, with channels last, or both; what is missing is made when it is asked for. */
export interface Forms {
  readonly first?: () => Value;
  readonly last?: () => Value;
}

/** How rules see the values that come before. */
export interface View {
  first(value: Value): Value;
  /** [N, C, H, W] as [N, H, W, C]. */
  last(value: Value): Value;
  /** Whether the value is computed with its channels last. */
  isLast(value: Value): boolean;
}

/** How to compute a value; undefined where it is computed unchanged. */
export type LayoutRule = (value: Value, view: View) => Forms | undefined;

export function layoutPass(graph: Graph, native: (name: string) => boolean): Graph {
  const forms = new Map<Value, Forms>();
  const firsts = new Map<Value, Value>();
  const lasts = new Map<Value, Value>();
  const formsOf = (value: Value): Forms => forms.get(value) ?? {};
  const view: View = {
    first: (value) =>
      remembered(firsts, value, () => {
        const { first, last } = formsOf(value);
        if (first) return first();
        return last ? transpose(view.last(value), TO_FIRST) : value;
      }),
    last: (value) =>
      remembered(lasts, value, () => formsOf(value).last?.() ?? transpose(view.first(value), TO_LAST)),
    isLast: (value) => formsOf(value).last !== undefined && formsOf(value).first === undefined,
  };
  const visit = (roots: readonly Value[]): void => {
    for (const value of topological(roots, (x) => (forms.has(x) ? [] : x.inputs))) {
      if (!forms.has(value)) forms.set(value, place(value));
    }
  };
  const place = (value: Value): Forms => {
    const found = layoutRules[value.op.name]?.(value, view);
    if (found) return found;
    if (value.op.expand && !native(value.op.name)) {
      const expansion = value.op.expand(value);
      visit([expansion]);
      return formsOf(expansion);
    }
    return { first: () => withInputs(value, value.inputs.map(view.first)) };
  };
  const roots = rootsOf(graph);
  visit(roots);
  return replaceRoots(graph, new Map(roots.map((root) => [root, view.first(root)])));
}

function remembered(known: Map<Value, Value>, value: Value, make: () => Value): Value {
  const before = known.get(value);
  if (before) return before;
  const made = make();
  known.set(value, made);
  return made;
}
