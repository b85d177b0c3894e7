// The same values over other inputs.

import type { Value, Values } from '@spatiallock/core';
import { topological } from '@spatiallock/core/backend';

/** `roots` with every value of `by` replaced, wherever it is read. */
export function substitute(roots: Values, by: ReadonlyMap<Value, Value>): Values {
  const replaced = new Map<Value, Value>(by);
  for (const value of topological(Object.values(roots))) {
    if (replaced.has(value)) continue;
    const inputs = value.inputs.map((input) => replaced.get(input) ?? input);
    replaced.set(value, inputs.every((input, i) => input === value.inputs[i]) ? value : { ...value, inputs });
  }
  return Object.fromEntries(Object.entries(roots).map(([name, value]) => [name, replaced.get(value)!]));
}
