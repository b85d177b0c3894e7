// Which workspace may import which: the architecture, as a check.

import { posix } from 'node:path';
import ts from 'typescript';
import type { Manifest, Workspace } from './workspaces.js';

/** A source file and what it imports, as written. */
export interface SourceFile {
  /** From the repository's root. */
  readonly path: string;
  readonly imports: readonly string[];
}

/** The specifiers of a file's imports and re-exports, those of types and dynamic ones among them. */
export const importsOf = (text: string): string[] =>
  ts.preProcessFile(text, true, true).importedFiles.map(({ fileName }) => fileName);

/** The workspace that holds a path; the innermost one, and undefined for the repository's own scripts. */
export function workspaceOf<W extends Pick<Workspace, 'location'>>(
  path: string,
  workspaces: readonly W[],
): W | undefined {
  const holding = workspaces.filter(({ location }) => path.startsWith(`${location}/`));
  return holding.sort((a, b) => b.location.length - a.location.length)[0];
}

/** Relative imports that lead out of their workspace, one line each. */
export function strayImports(
  files: readonly SourceFile[],
  workspaces: readonly Pick<Workspace, 'location'>[],
): string[] {
  return files.flatMap(({ path, imports }) =>
    imports
      .filter((specifier) => specifier.startsWith('.'))
      .flatMap((specifier) => {
        const target = posix.join(posix.dirname(path), specifier);
        const inside = workspaceOf(path, workspaces) === workspaceOf(target, workspaces);
        if (inside) return [];
        return [`${path}: imports ${specifier} of another workspace; import its package by name`];
      }),
  );
}

/** For each package that may import more of ours than core: what. */
export type Allowances = Readonly<Record<string, readonly string[] | 'any'>>;

const isTest = (path: string): boolean => /\/(test|scripts|build)\/|\.config\.ts$/.test(path);

/** The package that a specifier names, without its entry. */
export const packageOf = (specifier: string): string => specifier.split('/').slice(0, 2).join('/');

/**
 * Imports against the direction of dependencies, one line each: core imports none of ours, other packages import core
 * alone but for their `allowances`, and what is published imports nothing of research, apps, examples and testing.
 */
export function upwardImports(
  files: readonly SourceFile[],
  workspaces: readonly Workspace[],
  allowances: Allowances,
): string[] {
  const locations = new Map(workspaces.map(({ location, manifest }) => [manifest.name, location]));
  return files.flatMap(({ path, imports }) => {
    const own = workspaceOf(path, workspaces);
    if (!own?.location.startsWith('packages/')) return [];
    const { name } = own.manifest;
    const allowed = isTest(path) ? 'any' : (allowances[name] ?? ['@spatiallock/core']);
    const ours = new Set(imports.filter((specifier) => specifier.startsWith('@spatiallock/')).map(packageOf));
    return [...ours].flatMap((imported) => {
      const location = locations.get(imported);
      if (imported === name) return [];
      if (location === undefined) return [`${path}: imports ${imported}, which is no workspace`];
      const upward = isTest(path)
        ? /^(research|apps)\//.test(location)
        : !location.startsWith('packages/') || (allowed !== 'any' && !allowed.includes(imported));
      return upward ? [`${path}: ${name} must not import ${imported}`] : [];
    });
  });
}

/** Circles of dependencies between workspaces, development's among them; one line for each. */
export function circles(manifests: readonly Manifest[]): string[] {
  const needs = new Map(
    manifests.map(({ name, dependencies, devDependencies, peerDependencies }) => [
      name,
      Object.keys({ ...dependencies, ...devDependencies, ...peerDependencies }),
    ]),
  );
  const found: string[] = [];
  const done = new Set<string>();
  const visit = (name: string, way: readonly string[]): void => {
    const at = way.indexOf(name);
    if (at >= 0) found.push(`circle: ${[...way.slice(at), name].join(' -> ')}`);
    if (at >= 0 || done.has(name)) return;
    for (const next of needs.get(name) ?? []) visit(next, [...way, name]);
    done.add(name);
  };
  for (const name of needs.keys()) visit(name, []);
  return found;
}

/** How many lines of the sources of a folder name a plugin, in words and within names such as `poiStrength`. */
export const linesThatName = (plugins: readonly string[], texts: readonly string[]): number => {
  const word = new RegExp(`(?<![a-z])(${plugins.join('|')})(?![a-z])`, 'i');
  const capital = plugins.map((name) => name[0]!.toUpperCase() + name.slice(1)).join('|');
  const part = new RegExp(`(?<![a-z])(${plugins.join('|')})(?=[A-Z])|(?<=[a-z])(${capital})(?![a-z])`);
  const names = (line: string): boolean => word.test(line) || part.test(line);
  return texts.flatMap((text) => text.split('\n')).filter(names).length;
};
