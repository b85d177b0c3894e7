// What would make a release fail, or go out wrong.

import type { Manifest } from '../packages/workspaces.js';

/** What of `publishConfig` a release reads. */
export interface PublishedManifest extends Manifest {
  readonly publishConfig?: { readonly access?: string; readonly provenance?: boolean };
}

/** Packages that would not be public, or without provenance; one line each. */
export const manifestFaults = (manifests: readonly PublishedManifest[]): string[] =>
  manifests.flatMap(({ name, publishConfig = {} }) => [
    ...(publishConfig.access === 'public' ? [] : [`${name}: publishConfig.access must be "public"`]),
    ...(publishConfig.provenance === true ? [] : [`${name}: publishConfig.provenance must be true`]),
  ]);

export interface PlannedRelease {
  readonly name: string;
  readonly newVersion: string;
}

/** Packages that the changesets leave out, or give a version of their own; one line each. Nothing to release is none. */
export function planFaults(manifests: readonly Manifest[], releases: readonly PlannedRelease[]): string[] {
  if (releases.length === 0) return [];
  const versions = new Map(releases.map(({ name, newVersion }) => [name, newVersion]));
  const [first] = versions.values();
  return manifests.flatMap(({ name }) => {
    const version = versions.get(name);
    if (version === first) return [];
    return [`${name}: would be released as ${version ?? 'nothing'}, and others as ${first}`];
  });
}
