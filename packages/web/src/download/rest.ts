// What is missing of a file, taken from a server; nothing of another file is kept with it.

import { messageOf } from '@spatiallock/core';
import type { Keeper } from './keeper.js';
import {
  ask,
  type Fetch,
  isFailing,
  isPage,
  type RemoteFile,
  refusalOf,
  sizeOf,
  versionOf,
} from './request.js';

/** Trying again would not help. */
export class Final extends Error {}

interface RestOptions {
  readonly fetch: Fetch;
  readonly signal?: AbortSignal;
  readonly onBytes?: (bytes: number, total: number) => void;
}

/** Takes the bytes that are missing; what came before a cut is kept. */
export async function fetchRest(
  url: string,
  remote: RemoteFile & { readonly size: number },
  kept: Keeper,
  { fetch, signal, onBytes }: RestOptions,
): Promise<void> {
  const { size } = remote;
  const from = kept.at;
  const answer = await ask(fetch, url, {
    ...(from > 0 ? { headers: { Range: `bytes=${from}-` } } : {}),
    ...(signal ? { signal } : {}),
  });
  if (!answer.ok || !answer.body) {
    await answer.body?.cancel();
    const text = `${url}: ${refusalOf(answer.status)}`;
    throw isFailing(answer.status) ? new Error(text) : new Final(text);
  }
  const other = otherThan(remote, answer, from);
  if (other !== undefined) {
    await answer.body.cancel();
    throw isPage(answer) ? new Error(other) : new Final(`${url}: ${other}`);
  }
  let skip = bytesBefore(answer, from, size);
  if (skip === undefined) {
    await answer.body.cancel();
    throw new Final(`${url}: the server sends another part than the one from byte ${from} of ${size} on`);
  }
  const reader = answer.body.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read().catch((cause: unknown) => {
        signal?.throwIfAborted();
        throw cutAfter(kept.at, size, cause);
      });
      if (done) break;
      const bytes = value.subarray(Math.min(skip, value.byteLength));
      skip -= value.byteLength - bytes.byteLength;
      if (kept.at + bytes.byteLength > size) {
        throw new Final(`${url}: the server sends more than the ${size} bytes that it lists`);
      }
      await kept.push(bytes).catch((cause: unknown) => {
        throw storageFault(url, cause);
      });
      onBytes?.(kept.at, size);
    }
  } finally {
    await reader.cancel().catch(() => undefined);
    // A fault of the storage was reported already.
    await kept.pause().catch(() => undefined);
  }
  if (kept.at < size) throw cutAfter(kept.at, size);
}

/** Why an answer is not the file that was asked for; undefined where nothing tells. */
function otherThan({ size, ...listed }: RemoteFile, answer: Response, from: number): string | undefined {
  if (isPage(answer))
    return 'the server sends a page instead of the file; does this network ask for a login?';
  const length = answer.status === 200 ? sizeOf(answer) : undefined;
  if (length !== undefined && length !== size)
    return `the server sends a file of ${length} bytes, where it listed ${size}; open it again`;
  // What is packed on its way has another tag; parts never are.
  const { etag, modified } = versionOf(answer);
  const isOther =
    listed.etag !== undefined && etag !== undefined
      ? strong(listed.etag) !== strong(etag)
      : listed.etag === undefined &&
        listed.modified !== undefined &&
        modified !== undefined &&
        listed.modified !== modified;
  return from > 0 && isOther
    ? 'became another file while it was downloaded; open it again, it begins anew'
    : undefined;
}

const strong = (etag: string): string => etag.replace(/^W\//, '');

/**
 * Bytes of an answer that are kept already: all before `from` where the server cannot resume, or begins earlier than it was
 * asked to. Undefined where bytes are missing before the answer, or where it is part of another file. Servers may hide the
 * header from pages of other sites; then the answer is taken for what was asked for.
 */
function bytesBefore({ status, headers }: Response, from: number, size: number): number | undefined {
  if (status !== 206) return from;
  const [, start, total] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(headers.get('content-range') ?? '') ?? [];
  if (start === undefined) return 0;
  const isSame = total === '*' || Number(total) === size;
  return isSame && Number(start) <= from ? from - Number(start) : undefined;
}

const cutAfter = (bytes: number, size: number, cause?: unknown): Error =>
  new Error(`the connection was cut after ${bytes} of ${size} bytes`, { cause });

export function storageFault(url: string, cause: unknown): Error {
  const isFull = cause instanceof DOMException && cause.name === 'QuotaExceededError';
  return new Final(
    isFull
      ? `${url}: the browser's storage is full; free some space, or download it by hand and give the file`
      : `${url}: cannot be kept (${messageOf(cause)})`,
    { cause },
  );
}
