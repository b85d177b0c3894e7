// Asking a server for a file, or for the rest of one.

import { messageOf } from '@spatiallock/core';

/** What asks a server; the browser's own `fetch` fits. */
export type Fetch = (url: string, init?: RequestInit) => Promise<Response>;

/** What a server says of a file. */
export interface RemoteFile {
  /** Bytes, where it says so. */
  readonly size?: number;
  readonly etag?: string;
  /** When it was last changed: pages may read that of any server, its tag only where it allows. */
  readonly modified?: string;
  /** SHA-256 of the whole, in hexadecimal, where the server is Hugging Face's or names files by it. */
  readonly hash?: string;
}

/** No answer came: there is no network, the server fails for now, or it does not allow pages of other sites to read it. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer';
}

/** Sends a request; rejects with an error that begins with the address where no answer came. */
export async function ask(fetch: Fetch, url: string, init: RequestInit = {}): Promise<Response> {
  try {
    // What is kept is kept in the store, not in the browser's cache as well.
    return await fetch(url, { cache: 'no-store', ...init });
  } catch (cause) {
    init.signal?.throwIfAborted();
    throw new NoAnswer(
      `${url}: no answer; is there a network, and does the server allow other sites to read it (CORS)? (${messageOf(cause)})`,
      { cause },
    );
  }
}

/** What the server says of a file; undefined where it has none. Rejects for other answers. */
export async function remoteFile(
  fetch: Fetch,
  url: string,
  signal?: AbortSignal,
): Promise<RemoteFile | undefined> {
  const answer = await ask(fetch, url, { headers: { Range: 'bytes=0-0' }, ...(signal ? { signal } : {}) });
  await answer.body?.cancel();
  if (answer.status === 404 || answer.status === 410 || isPage(answer)) return undefined;
  // An empty file has no byte 0.
  if (!answer.ok && answer.status !== 416) {
    const text = `${url}: ${refusalOf(answer.status)}`;
    throw isFailing(answer.status) ? new NoAnswer(text) : new Error(text);
  }
  const size = sizeOf(answer);
  const { etag, modified } = versionOf(answer);
  const hash = [answer.headers.get('x-linked-etag'), etag]
    .map((each) => /^(?:W\/)?"?([0-9a-f]{64})"?$/i.exec(each ?? '')?.[1]?.toLowerCase())
    .find((each) => each !== undefined);
  return {
    ...(size === undefined ? {} : { size }),
    ...(etag === undefined ? {} : { etag }),
    ...(modified === undefined ? {} : { modified }),
    ...(hash === undefined ? {} : { hash }),
  };
}

/** Many servers answer with their start page where a file is missing. */
export const isPage = ({ headers }: Response): boolean =>
  /^\s*text\/html/i.test(headers.get('content-type') ?? '');

/** What tells versions of a file apart. */
export const versionOf = ({ headers }: Response): Pick<RemoteFile, 'etag' | 'modified'> => ({
  etag: headers.get('etag') ?? undefined,
  modified: headers.get('last-modified') ?? undefined,
});

/** Whether a server that answers so may do better later. */
export const isFailing = (status: number): boolean => status >= 500 || status === 429;

/** Bytes of the whole file, where an answer says so. */
export function sizeOf({ status, headers }: Response): number | undefined {
  const [, total] = /\/(\d+)$/.exec(headers.get('content-range') ?? '') ?? [];
  const reported = total ?? (status === 200 ? headers.get('content-length') : undefined);
  const size = Number(reported ?? Number.NaN);
  // What is packed on its way has another length.
  return Number.isSafeInteger(size) && !headers.get('content-encoding') ? size : undefined;
}

/** What a status means, and what helps. */
export function refusalOf(status: number): string {
  if (status === 401 || status === 403) {
    return `the server refuses it (${status}); private and gated models are downloaded by hand, then give the folder`;
  }
  if (status === 429) return 'the server asks to wait (429); try again later';
  return `the server answers with status ${status}; ${isFailing(status) ? 'try again later' : 'check the address'}`;
}
