// Where the sources are published: the root manifest's `repository.url` alone says so.

import { readManifest } from './workspaces.js';

export interface Repository {
  /** As npm wants it in manifests: `git+https://host/owner/name.git`. */
  readonly url: string;
  /** The address that people open: `https://host/owner/name`. */
  readonly page: string;
}

export function repositoryOf(url: string): Repository {
  const page = /^git\+(https:\/\/[^/]+\/[^/]+\/[^/]+)\.git$/.exec(url)?.[1];
  if (page === undefined) throw new Error(`repository.url: ${url} must be git+https://HOST/OWNER/NAME.git`);
  return { url, page };
}

/** The repository that the manifest in the current folder names. */
export function thisRepository(): Repository {
  return repositoryOf(readManifest('.').repository?.url ?? '');
}
