// Every function that a published package exports, by the entry point that names it first.

import { publishedWorkspaces } from '../packages/workspaces.js';

export interface ExportedFunction {
  /** `@spatiallock/core/io`. */
  readonly entry: string;
  readonly name: string;
  readonly run: (...given: readonly unknown[]) => unknown;
  /** Parameters before the first that has a default. */
  readonly required: number;
}

/** Entry points of all published packages, those of assets and of package.json left out; read from the repository's root. */
export function entryPoints(): string[] {
  const workspaces = publishedWorkspaces().toSorted((a, b) => (a.location < b.location ? -1 : 1));
  return workspaces.flatMap(({ manifest: { name, exports = {} } }) =>
    Object.entries(exports as Readonly<Record<string, unknown>>)
      .filter(([, target]) => typeof target === 'object')
      .map(([entry]) => name + entry.slice(1)),
  );
}

/** Imports every entry point. A function that several of them export is listed once. */
export async function exportedFunctions(): Promise<ExportedFunction[]> {
  const seen = new Set<unknown>();
  const found: ExportedFunction[] = [];
  for (const entry of entryPoints()) {
    const module: Readonly<Record<string, unknown>> = await import(entry);
    for (const [name, value] of Object.entries(module)) {
      if (typeof value !== 'function' || seen.has(value)) continue;
      seen.add(value);
      found.push({ entry, name, run: caller(value), required: value.length });
    }
  }
  return found;
}

const isClass = (value: object): boolean => Function.prototype.toString.call(value).startsWith('class');

const caller =
  (value: object): ExportedFunction['run'] =>
  (...given) =>
    isClass(value)
      ? Reflect.construct(value as never, given)
      : Reflect.apply(value as never, undefined, given);
