// What the sources of a package import, against what its manifest says.

import { isBuiltin } from 'node:module';
import ts from 'typescript';
import type { Manifest } from './workspaces.js';

/** The package that a module specifier belongs to; undefined for relative paths and Node's own modules. */
export function packageOf(specifier: string): string | undefined {
  if (!/^[@a-z]/i.test(specifier) || isBuiltin(specifier)) return undefined;
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

export interface Mentions {
  /** Packages of import and export declarations and of `import('...')`. */
  readonly imported: ReadonlySet<string>;
  /** Every text of the source: a package may be resolved or imported by a variable. */
  readonly texts: ReadonlySet<string>;
}

export function mentionsOf(sources: readonly string[]): Mentions {
  const imported = new Set<string>();
  const texts = new Set<string>();
  for (const source of sources) {
    for (const { fileName } of ts.preProcessFile(source, true, true).importedFiles) {
      const name = packageOf(fileName);
      if (name !== undefined) imported.add(name);
    }
    const visit = (node: ts.Node): void => {
      if (ts.isStringLiteralLike(node)) texts.add(packageOf(node.text) ?? '');
      ts.forEachChild(node, visit);
    };
    visit(ts.createSourceFile('source.ts', source, ts.ScriptTarget.Latest));
  }
  return { imported, texts };
}

/** Packages that a model directory's spatiallock.json names: whoever opens the model loads them by name. */
export function declaredPackages(json: unknown): string[] {
  if (Array.isArray(json)) return json.flatMap(declaredPackages);
  if (typeof json !== 'object' || json === null) return [];
  return Object.entries(json).flatMap(([key, value]) =>
    key === 'module' && typeof value === 'string' ? [packageOf(value) ?? ''] : declaredPackages(value),
  );
}

/**
 * Dependencies that nothing imports, and imports that no dependency brings; one line each. `peersOf` gives the peers of
 * a dependency: a package may depend on one to provide it.
 */
export function dependencyFaults(
  { name: own, dependencies = {}, peerDependencies = {} }: Manifest,
  { imported, texts }: Mentions,
  peersOf: (name: string) => readonly string[],
): string[] {
  const declared = Object.keys({ ...dependencies, ...peerDependencies });
  const provided = new Set(Object.keys(dependencies).flatMap(peersOf));
  const idle = declared.filter((name) => !imported.has(name) && !texts.has(name) && !provided.has(name));
  const absent = [...imported].filter((name) => name !== own && !declared.includes(name));
  return [
    ...idle.map((name) => `dependencies: nothing imports ${name}`),
    ...absent.map((name) => `dependencies: ${name} is imported, and not among them`),
  ];
}
