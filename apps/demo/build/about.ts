// What the page says of itself to those that link to it, and where its source is.

import { readFileSync } from 'node:fs';
import type { HtmlTagDescriptor, Plugin } from 'vite';

const title = 'SpatialLock: draw where things go';
const description =
  'Draw boxes, say what goes in them, and see a picture with every object there. Runs in this tab alone.';

interface Manifest {
  readonly repository: { readonly url: string };
}

const manifest: Manifest = JSON.parse(
  readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'),
);

/** The page of the repository that the root's package.json names. */
export const repository: string = manifest.repository.url.replace(/^git\+|\.git$/g, '');

/** Readers of Open Graph want whole addresses: SITE_URL says where the site will be. */
const site = process.env.SITE_URL;

const addressOf = (path: string): string => (site ? new URL(path, site).href : `./${path}`);

export function about(): Plugin {
  const named = {
    description,
    'twitter:card': 'summary',
  };
  const properties = {
    'og:type': 'website',
    'og:site_name': 'SpatialLock',
    'og:title': title,
    'og:description': description,
    'og:image': addressOf('sample.png'),
    'og:image:alt': 'A picture that the page made',
    ...(site ? { 'og:url': site } : {}),
  };
  return {
    name: 'about',
    transformIndexHtml: () => [
      { tag: 'title', children: title, injectTo: 'head' },
      ...metas('name', named),
      ...metas('property', properties),
    ],
  };
}

const metas = (kind: 'name' | 'property', entries: Readonly<Record<string, string>>): HtmlTagDescriptor[] =>
  Object.entries(entries).map(([key, content]) => ({
    tag: 'meta',
    attrs: { [kind]: key, content },
    injectTo: 'head',
  }));
