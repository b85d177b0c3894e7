// Which files of this repository a file imports, through others and through packages.

import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const IMPORT = /(?:from|import)\s*\(?\s*'([^']+)'/g;

/** All files that `entries` reach, themselves included; `packages` holds each package's folder by its name. */
export function reach(entries: readonly string[], packages: ReadonlyMap<string, string>): Set<string> {
  const seen = new Set<string>();
  const visit = (path: string): void => {
    if (seen.has(path)) return;
    seen.add(path);
    for (const [, specifier] of readFileSync(path, 'utf8').matchAll(IMPORT)) {
      const next = resolve(path, specifier!, packages);
      if (next) visit(next);
    }
  };
  for (const entry of entries) visit(entry);
  return seen;
}

function resolve(from: string, specifier: string, packages: ReadonlyMap<string, string>): string | undefined {
  if (specifier.startsWith('.')) {
    const path = join(dirname(from), specifier).replace(/\.js$/, '.ts');
    return existsSync(path) ? path : undefined;
  }
  const folder = packages.get(specifier);
  return folder && join(folder, 'src', 'index.ts');
}
