// Where the repository lies on this disk and on the web. Read from the root manifest, which alone names it.

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The folder of the site's pages, `docs/`. */
export const pagesFolder = fileURLToPath(new URL('..', import.meta.url)).replace(/[\\/]$/, '');

/** The repository's root. */
export const rootFolder = fileURLToPath(new URL('../..', import.meta.url)).replace(/[\\/]$/, '');

interface RootManifest {
  readonly repository: { readonly url: string };
}

const { repository } = JSON.parse(readFileSync(`${rootFolder}/package.json`, 'utf8')) as RootManifest;

/** The address that people open: `https://host/owner/name`. */
export const repositoryPage = repository.url.replace(/^git\+/, '').replace(/\.git$/, '');

/** The demo as `npm run build` makes it. */
export const demoFolder = `${rootFolder}/apps/demo/dist`;
