// Links of the pages, as they stand in the repository, to links of the site.

import { existsSync } from 'node:fs';
import { posix } from 'node:path';

export interface SiteLinkContext {
  /** The page's path from the repository's root, such as `docs/guides/boxes.md`. */
  readonly page: string;
  /** The address of the repository. */
  readonly repositoryPage: string;
  /** Whether the site has a path from the repository's root: as a page, or as a file that is laid beside the pages. */
  readonly isServed: (path: string) => boolean;
  /** Whether the repository holds a path. */
  readonly exists?: (path: string) => boolean;
}

/**
 * The address to use on the site for a link of a page. What the site has is linked there, also where a README that a page
 * includes names it by its address on the web; other files of the repository are linked on the web.
 * Throws an error that names page and link where the repository does not hold the file.
 */
export function siteLink(href: string, context: SiteLinkContext): string {
  const { page, repositoryPage, isServed, exists = existsSync } = context;
  const path = pathInRepository(href, page, repositoryPage);
  if (path === undefined) return href;
  const [file = '', anchor = ''] = splitAnchor(path);
  if (isServed(file)) return `/${posix.relative('docs', file)}${anchor}`;
  if (!exists(file)) throw new Error(`${page}: the link ${href} leads to ${file}, which does not exist`);
  return `${repositoryPage}/blob/main/${file}${anchor}`;
}

/** The path that a link names, from the repository's root; undefined for other addresses and for anchors of the page. */
function pathInRepository(href: string, page: string, repositoryPage: string): string | undefined {
  const web = `${repositoryPage}/blob/main/`;
  if (href.startsWith(web)) return href.slice(web.length);
  if (/^([a-z]+:|#|\/)/i.test(href)) return undefined;
  return posix.join(posix.dirname(page), href);
}

function splitAnchor(path: string): readonly [string, string] {
  const at = path.indexOf('#');
  return at < 0 ? [path, ''] : [path.slice(0, at), path.slice(at)];
}
