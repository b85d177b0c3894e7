// The workspaces of this repository as their manifests describe them.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly private?: boolean;
  readonly workspaces?: readonly string[];
  readonly files?: readonly string[];
  readonly exports?: unknown;
  readonly bin?: Readonly<Record<string, string>>;
  readonly repository?: { readonly type?: string; readonly url?: string; readonly directory?: string };
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

export interface Workspace {
  /** From the repository's root, such as `packages/core`. */
  readonly location: string;
  readonly manifest: Manifest;
}

export const readManifest = (location: string): Manifest =>
  JSON.parse(readFileSync(join(location, 'package.json'), 'utf8'));

const folders = (location: string): string[] =>
  readdirSync(location, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? [join(location, entry.name)] : [],
  );

/** Every workspace that the root manifest names; read from the repository's root. */
export function allWorkspaces(): Workspace[] {
  return readManifest('.').workspaces!.flatMap((glob) =>
    (glob.endsWith('/*') ? folders(glob.slice(0, -2)) : [glob])
      .filter((location) => existsSync(join(location, 'package.json')))
      .map((location) => ({ location, manifest: readManifest(location) })),
  );
}

/** The workspaces that are published, below `packages/`; read from the repository's root. */
export function publishedWorkspaces(): Workspace[] {
  return [...folders('packages'), ...folders('packages/backends')]
    .filter((location) => location !== 'packages/backends')
    .map((location) => ({ location, manifest: readManifest(location) }))
    .filter(({ manifest }) => !manifest.private);
}
