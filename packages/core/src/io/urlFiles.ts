// Files of a server, for pages and for hosts that have `fetch`.

import { checkCallback, checkKeys, messageOf, showValue } from '../checks/index.js';
import type { FileSource } from './files.js';

/** What is used of a Response; the platform's own fits. */
export interface ResponseLike {
  readonly ok: boolean;
  readonly status: number;
  readonly headers: {
    /** The value of a header, or null. */
    get(name: string): string | null;
  };
  /** The whole body. */
  arrayBuffer(): Promise<ArrayBuffer>;
}

/** The part of `fetch` that `urlFiles` uses. */
export type FetchLike = (url: string) => Promise<ResponseLike>;

/** Options of `urlFiles`. */
export interface UrlFilesOptions {
  /** What asks the server; default: the host's own `fetch`. */
  readonly fetch?: FetchLike;
}

/**
 * The files below an address, as `/models/emoji`: relative paths are added to it. Each file is asked for once, and its
 * bytes are kept as long as the source is. A file is absent where the server answers 404 or 410, or with a page: many
 * servers answer with their index.html where a file is missing. Rejects for every other status, and where no answer comes.
 */
export function urlFiles(base: string, options: UrlFilesOptions = {}): FileSource {
  checkKeys(options, ['fetch'], 'options');
  if (typeof base !== 'string') throw new Error(`urlFiles: the address must be text, not ${showValue(base)}`);
  checkCallback(options.fetch, 'options.fetch');
  const ask = options.fetch ?? hostFetch();
  const asked = new Map<string, Promise<Uint8Array | undefined>>();
  const prefix = base === '' || base.endsWith('/') ? base : `${base}/`;
  return {
    read(path) {
      const known = asked.get(path);
      if (known) return known;
      const url = prefix + path.split('/').map(encodeURIComponent).join('/');
      const answer = fetchFile(ask, url, path);
      asked.set(path, answer);
      // What failed may be asked for again.
      answer.catch(() => asked.delete(path));
      return answer;
    },
  };
}

const ABSENT = [404, 410];

async function fetchFile(ask: FetchLike, url: string, path: string): Promise<Uint8Array | undefined> {
  let response: ResponseLike;
  try {
    response = await ask(url);
  } catch (cause) {
    throw new Error(`${url}: no answer (${messageOf(cause)})`, { cause });
  }
  if (ABSENT.includes(response.status)) return undefined;
  if (!response.ok) throw new Error(`${url}: the server answered with status ${response.status}`);
  const type = response.headers.get('content-type') ?? '';
  if (/^\s*(text\/html|application\/xhtml)/i.test(type) && !/\.x?html?$/i.test(path)) return undefined;
  return new Uint8Array(await response.arrayBuffer());
}

function hostFetch(): FetchLike {
  const { fetch } = globalThis as { readonly fetch?: FetchLike };
  if (typeof fetch === 'function') return (url) => fetch(url);
  throw new Error(`urlFiles: this host has no fetch (it is ${showValue(fetch)}); give one in options.fetch`);
}
