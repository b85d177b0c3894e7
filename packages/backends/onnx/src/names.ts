// ONNX's names of the values of a graph, while it is lowered.

import type { Value } from '@spatiallock/core';
import { describe } from '@spatiallock/core/backend';
import type { Emitter } from './emitter.js';
import { dataTypeOf } from './messages.js';

/** Some values are kept as halves: their float32 numbers are computed where something reads them. */
export interface ValueNames {
  has(value: Value): boolean;
  set(value: Value, name: string): void;
  /** `name` holds the value as float16 or bfloat16. */
  setHalves(value: Value, name: string): void;
  /** The name under which a value is kept as halves; undefined where it is not. */
  halvesOf(value: Value): string | undefined;
  /** The name of a value in its own dtype; throws where it has none yet. */
  of(value: Value, target: Emitter): string;
  /** The names of all that was widened. */
  readonly widened: readonly string[];
}

export function valueNames(): ValueNames {
  const names = new Map<Value, string>();
  const halves = new Map<Value, string>();
  const widened: string[] = [];
  return {
    widened,
    has: (value) => names.has(value) || halves.has(value),
    set(value, name) {
      names.set(value, name);
    },
    setHalves(value, name) {
      names.delete(value);
      halves.set(value, name);
    },
    halvesOf: (value) => halves.get(value),
    of(value, target) {
      const known = names.get(value);
      if (known !== undefined) return known;
      const kept = halves.get(value);
      if (kept === undefined) throw new Error(`${describe(value)}: not lowered yet`);
      const name = widen(kept, value, target);
      // Without folding, each reader gets a Cast of its own, whose result is freed after it.
      if (target.folds) names.set(value, name);
      widened.push(name);
      return name;
    },
  };
}

/** A Cast, which the runtime does once where it folds constants. */
function widen(kept: string, { dtype }: Value, { emit, label, folds }: Emitter): string {
  label(`${kept} widened`);
  return emit('Cast', [kept], { to: dataTypeOf(dtype) }, { fresh: !folds });
}
