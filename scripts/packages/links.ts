// Links of published Markdown: readers on npm have no files beside the page, so links into the repository are absolute.

import { posix } from 'node:path';

/** The target of every link and image of a Markdown text, with its place in the text. */
export function linksOf(markdown: string): { readonly target: string; readonly index: number }[] {
  const prose = markdown.replace(/^(```+)[\s\S]*?^\1/gm, (block) => ' '.repeat(block.length));
  return [...prose.matchAll(/\]\(\s*<?([^)\s>]+)>?[^)]*\)|^\s*\[[^\]]+\]:\s*(\S+)/gm)].map((match) => ({
    target: match[1] ?? match[2] ?? '',
    index: match.index,
  }));
}

/** The path within the repository that an absolute link names, without its anchor; undefined for another address. */
export function pathWithin(target: string, page: string): string | undefined {
  if (target === page) return '';
  if (!target.startsWith(`${page}/`)) return undefined;
  const rest = /^(?:blob|tree|raw)\/main(?:\/([^#?]*))?(?:[#?].*)?$/.exec(target.slice(page.length + 1));
  return rest ? (rest[1] ?? '') : undefined;
}

export interface LinkContext {
  /** The folder of the page from the repository's root. */
  readonly folder: string;
  /** The address of the repository. */
  readonly page: string;
  /** Whether the repository holds this path. */
  readonly exists: (path: string) => boolean;
}

/** What is wrong with the links of a published page, one line each. */
export function brokenLinks(markdown: string, { page, exists }: LinkContext): string[] {
  return linksOf(markdown).flatMap(({ target }) => {
    if (target.startsWith('#')) return [];
    if (!/^[a-z]+:/i.test(target)) return [`${target}: is relative, and leads nowhere from npm`];
    if (!target.startsWith(page)) return [];
    const path = pathWithin(target, page);
    if (path === undefined) return [`${target}: must be ${page}/blob/main/PATH, or raw for a picture`];
    return exists(path) ? [] : [`${target}: the repository holds no ${path}`];
  });
}

/** The text with relative links, and links into `formerPage`, made absolute under `page`. */
export function absoluteLinks(markdown: string, context: LinkContext, formerPage = context.page): string {
  const { folder, page } = context;
  return linksOf(markdown).reduceRight((text, { target, index }) => {
    const within = pathWithin(target, formerPage);
    if (target.startsWith('#') || (within === undefined && /^[a-z]+:/i.test(target))) return text;
    const image = /!\[[^\]]*$/.test(text.slice(0, index));
    const anchor = /#.*$/.exec(target)?.[0] ?? '';
    const path = within ?? posix.join(folder, target.slice(0, target.length - anchor.length));
    const address = `${page}/${image ? 'raw' : 'blob'}/main/${path}${anchor}`;
    const at = text.indexOf(target, index);
    return text.slice(0, at) + address + text.slice(at + target.length);
  }, markdown);
}
