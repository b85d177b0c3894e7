// Which files of this repository a file imports, through others and through packages.

import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const IMPORT = /(?:from|import)\s*\(?\s*'([^']+)'/g;
const require = createRequire(import.meta.url);

/** All files that `entries` reach, themselves included. */
export function reach(entries: readonly string[]): Set<string> {
  const seen = new Set<string>();
  const visit = (path: string): void => {
    if (seen.has(path)) return;
    seen.add(path);
    for (const [, specifier] of readFileSync(path, 'utf8').matchAll(IMPORT)) {
      const next = resolve(path, specifier!);
      if (next) visit(next);
    }
  };
  for (const entry of entries) visit(entry);
  return seen;
}

function resolve(from: string, specifier: string): string | undefined {
  if (specifier.startsWith('.')) {
    const path = join(dirname(from), specifier).replace(/\.js$/, '.ts');
    return existsSync(path) ? path : undefined;
  }
  const parts = /^(@spatiallock\/[^/]+)(\/.*)?$/.exec(specifier);
  return parts ? sourceOf(parts[1]!, `.${parts[2] ?? ''}`) : undefined;
}

/** The source behind an entry of one of our packages. */
function sourceOf(name: string, entry: string): string | undefined {
  const manifest = require.resolve(`${name}/package.json`);
  const { exports = {} } = JSON.parse(readFileSync(manifest, 'utf8'));
  const found = exports[entry];
  const source = typeof found === 'string' ? found : found?.['@spatiallock/source'];
  return source && join(dirname(manifest), source);
}
