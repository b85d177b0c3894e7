// Which tensor of a file becomes which parameter of a component.

import type { Tensor, Tensors } from '@spatiallock/core';
import { rows } from './views.js';

/** A parameter's name; of a tensor that holds three parameters one below the other, which third it is. */
export interface Target {
  readonly name: string;
  readonly third?: number;
}

/** By the names in the file; a tensor that is not in it belongs to no network. */
export type NameMap = ReadonlyMap<string, readonly Target[]>;

/** The map of all names for which `nameOf` gives another. */
export function nameMap(names: Iterable<string>, nameOf: (name: string) => string | undefined): NameMap {
  const entries = [...names].flatMap((name) => {
    const target = nameOf(name);
    return target === undefined ? [] : [[name, [{ name: target }]] as const];
  });
  return new Map(entries);
}

/** The same map of a file that has `prefix` before all names. */
export function prefixed(prefix: string, map: NameMap): NameMap {
  return new Map([...map].map(([name, targets]) => [prefix + name, targets]));
}

/** A component's parameters out of a file's tensors. */
export function mapTensors(tensors: Tensors, map: NameMap): Tensors {
  return mapped(tensors, map, (given: Tensor, third) => {
    const height = (given.shape[0] ?? 0) / 3;
    return rows(given, third * height, height);
  });
}

type Shaped = { readonly shape: readonly number[] };

/** The shapes of `mapTensors`, from the file's header alone. */
export function mapShapes(
  entries: Readonly<Record<string, Shaped>>,
  map: NameMap,
): Readonly<Record<string, Shaped>> {
  return mapped(entries, map, ({ shape: [height = 0, ...rest] }: Shaped) => ({
    shape: [height / 3, ...rest],
  }));
}

function mapped<T>(
  given: Readonly<Record<string, T>>,
  map: NameMap,
  part: (given: T, third: number) => T,
): Readonly<Record<string, T>> {
  const entries = [...map].flatMap(([from, targets]) => {
    const each = Object.hasOwn(given, from) ? given[from] : undefined;
    if (each === undefined) return [];
    return targets.map(({ name, third }) => [name, third === undefined ? each : part(each, third)] as const);
  });
  return Object.fromEntries(entries);
}
