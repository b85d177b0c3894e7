// File URLs as paths, without `node:url`: bundlers for browsers read this package too.

/**
 * The path of a folder or file, given its URL, as `fileURLToPath` of node:url gives it on the platform of the URL:
 * `C:\\models` for `file:///C:/models`, `\\\\host\\models` for `file://host/models`. URLs of other schemes stay URLs.
 */
export function pathOfUrl({ protocol, host, pathname, href }: URL): string {
  if (protocol !== 'file:') return href;
  const path = decodeURIComponent(pathname);
  if (host !== '') return `\\\\${host}${path.replaceAll('/', '\\')}`;
  return /^\/[a-z]:/i.test(path) ? path.slice(1).replaceAll('/', '\\') : path;
}
