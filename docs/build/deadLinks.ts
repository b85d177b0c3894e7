// Links of the built site that lead nowhere: files and anchors, also those of raw HTML and of the sidebar.

import { posix } from 'node:path';

export interface BuiltPage {
  /** Its path from the site's root: `guides/boxes.html`. */
  readonly path: string;
  readonly html: string;
}

const ATTRIBUTE = /\s(href|src|id)="([^"]*)"/g;

/**
 * One line for each link of a page that leads nowhere. Addresses of other hosts are not looked at. `base` is what the site's
 * absolute links begin with; `files` are the paths of all files of the site.
 */
export function deadLinks(pages: readonly BuiltPage[], files: ReadonlySet<string>, base = '/'): string[] {
  const anchors = new Map(pages.map((page) => [page.path, new Set(valuesOf(page, 'id'))]));
  return pages.flatMap((page) => {
    const links = [...new Set([...valuesOf(page, 'href'), ...valuesOf(page, 'src')])];
    return links.flatMap((link) => {
      const fault = faultOf(link, page, { anchors, files, base });
      return fault === undefined ? [] : [`${page.path}: ${link} ${fault}`];
    });
  });
}

interface Site {
  readonly anchors: ReadonlyMap<string, ReadonlySet<string>>;
  readonly files: ReadonlySet<string>;
  readonly base: string;
}

function faultOf(link: string, page: BuiltPage, { anchors, files, base }: Site): string | undefined {
  if (/^([a-z]+:|\/\/)/i.test(link) || link === '') return undefined;
  const [address = '', anchor = ''] = link.split('#');
  if (address.startsWith('/') && !address.startsWith(base)) return `lies outside of ${base}`;
  const within = address.startsWith('/')
    ? address.slice(base.length)
    : posix.join(posix.dirname(page.path), address);
  const path = address === '' ? page.path : fileOf(decodeURI(within.replace(/\?.*$/, '')), files);
  if (path === undefined) return 'leads to no file of the site';
  const named = anchors.get(path);
  return anchor === '' || named === undefined || named.has(decodeURIComponent(anchor))
    ? undefined
    : `names an anchor that ${path} does not have`;
}

/** The file that a server gives for a path: itself, with .html, or the folder's index. */
const fileOf = (path: string, files: ReadonlySet<string>): string | undefined =>
  [path, `${path}.html`, posix.join(path, 'index.html')].find((each) => files.has(each));

const valuesOf = ({ html }: BuiltPage, name: string): string[] =>
  [...html.matchAll(ATTRIBUTE)].flatMap(([, attribute, value = '']) =>
    attribute === name ? [value.replaceAll('&amp;', '&')] : [],
  );
