// The entry points of the published packages, as their manifests export them.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface EntryPoint {
  /** What is imported: `@spatiallock/core/graph`. */
  readonly name: string;
  /** Its source, from the repository's root. */
  readonly source: string;
}

interface Manifest {
  readonly name: string;
  readonly private?: boolean;
  readonly exports?: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
}

/** The condition by which workspaces read each other's sources. */
const SOURCE = '@spatiallock/source';

/** Every entry point of every published package below `packages/`, by name. Reads the manifests below `root`. */
export function entryPoints(root: string): EntryPoint[] {
  const folders = ['packages', 'packages/backends'].flatMap((parent) =>
    readdirSync(join(root, parent)).map((name) => `${parent}/${name}`),
  );
  return folders
    .filter((folder) => existsSync(join(root, folder, 'package.json')))
    .flatMap((folder) =>
      entryPointsOf(folder, JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'))),
    )
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

function entryPointsOf(folder: string, { name, exports = {}, ...manifest }: Manifest): EntryPoint[] {
  if (manifest.private) return [];
  return Object.entries(exports).flatMap(([path, target]) => {
    const source = typeof target === 'string' ? undefined : target[SOURCE];
    return source === undefined
      ? []
      : [{ name: name + path.slice(1), source: `${folder}/${source.replace(/^\.\//, '')}` }];
  });
}
