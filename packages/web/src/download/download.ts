// A file of a server into the browser's storage: resumed where it was cut, checked piece by piece.

import { messageOf } from '@spatiallock/core';
import { checkMethods, checkObject, checkText } from '@spatiallock/core/checks';
import { type Keeper, keeper } from './keeper.js';
import { type DownloadRecord, PIECE, readRecord, recordName, sha256, writeRecord } from './record.js';
import { ask, type Fetch, NoAnswer, type RemoteFile, refusalOf, remoteFile } from './request.js';
import type { DownloadStore, StoreFile } from './store.js';

/** Options of `downloaded`: where files are kept, and who is informed of progress. */
export interface DownloadOptions {
  readonly store: DownloadStore;
  /** Default: the page's own. */
  readonly fetch?: Fetch;
  readonly signal?: AbortSignal;
  /** Uses what is there whole without asking the server. Default false: the server says whether it is still the same. */
  readonly preferKept?: boolean;
  /** Called with the bytes that are there, and how many there will be. */
  readonly onBytes?: (bytes: number, total: number) => void;
  /** Waits between two attempts; default: the clock. */
  readonly wait?: (milliseconds: number) => Promise<void>;
}

const ATTEMPTS = 5;
const FIRST_WAIT = 1000;

const clock = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));

/**
 * The file at an address, out of the store where it is there whole, else downloaded into it; undefined where the server has
 * none. A download that was cut goes on where it was, also in a later visit. What is kept is checked
 * by its hashes and repaired. Rejects, with an error that begins with the address, where the server refuses, where five
 * attempts were cut, where storage is full, or where the file is another than the server says.
 */
export async function downloaded(url: string, options: DownloadOptions): Promise<Blob | undefined> {
  checkText(url, 'url', 'an address');
  checkStore(checkObject(options, 'options').store, 'options.store');
  const { store, signal } = options;
  const fetch = options.fetch ?? ((address, init) => globalThis.fetch(address, init));
  const name = await sha256(new TextEncoder().encode(url));
  const known = await readRecord(store, name);
  if (options.preferKept && known && isComplete(known)) {
    const blob = await intactBlob(store, name, known);
    if (blob) {
      options.onBytes?.(known.size, known.size);
      return blob;
    }
  }
  const remote = await remoteFile(fetch, url, signal).catch((cause: unknown) => {
    // Without a network what was downloaded has to do.
    if (cause instanceof NoAnswer && known && isComplete(known)) return known;
    throw cause;
  });
  if (!remote) return undefined;
  const { size } = remote;
  if (size === undefined) {
    throw new Error(
      `${url}: the server does not say how long it is; download it by hand, then give the file`,
    );
  }
  const file = await store.open(name).catch((cause: unknown) => {
    const isLocked = cause instanceof DOMException && cause.name === 'NoModificationAllowedError';
    if (!isLocked) throw storageFault(url, cause);
    throw new Error(`${url}: is being downloaded in another tab; wait for it, or close that tab`, { cause });
  });
  try {
    const isSame = known?.size === size && known.etag === remote.etag;
    const record = isSame ? known : { url, size, ...(remote.etag ? { etag: remote.etag } : {}), pieces: [] };
    await fill(file, name, record, remote, { ...options, fetch });
  } finally {
    file.close();
  }
  return store.blob(name);
}

const isComplete = ({ size, pieces }: DownloadRecord): boolean => pieces.length === Math.ceil(size / PIECE);

/** What is kept, where all of its pieces are as they were. Others may read it at the same time. */
async function intactBlob(
  store: DownloadStore,
  name: string,
  { size, pieces }: DownloadRecord,
): Promise<Blob | undefined> {
  try {
    const blob = await store.blob(name);
    if (blob?.size !== size) return undefined;
    for (const [i, hash] of pieces.entries()) {
      const piece = new Uint8Array(await blob.slice(i * PIECE, (i + 1) * PIECE).arrayBuffer());
      if ((await sha256(piece)) !== hash) return undefined;
    }
    return blob;
  } catch {
    // It is read and repaired by whoever downloads it.
    return undefined;
  }
}

/** Whether a file is there whole, as far as its record says. */
export async function isDownloaded(store: DownloadStore, url: string): Promise<boolean> {
  const known = await readRecord(store, await sha256(new TextEncoder().encode(url)));
  return known !== undefined && isComplete(known);
}

/** Forgets what was downloaded. */
export async function clearDownloads(store: DownloadStore): Promise<void> {
  checkStore(store, 'store');
  for (const { name } of await store.list()) await store.remove(name);
}

function checkStore(given: unknown, path: string): void {
  checkMethods(given, ['list', 'remove', 'open', 'blob'], path, 'a store of downloads, as opfsStore() gives');
}

type Task = DownloadOptions & { readonly fetch: Fetch };

/** Brings a file to its whole length. */
async function fill(
  file: StoreFile,
  name: string,
  given: DownloadRecord,
  { hash }: RemoteFile,
  task: Task,
): Promise<void> {
  const { store, onBytes, signal, wait = clock } = task;
  const { url, size } = given;
  const kept = await opened(file, store, name, given, hash);
  onBytes?.(kept.at, size);
  await requireRoom(store, url, size - kept.at);
  for (let attempt = 1; kept.at < size; attempt++) {
    signal?.throwIfAborted();
    const before = kept.at;
    try {
      await fetchRest(url, size, kept, task);
    } catch (cause) {
      signal?.throwIfAborted();
      if (cause instanceof Final) throw cause;
      // What brought something on counts as a first attempt.
      if (kept.at > before) attempt = 1;
      if (attempt >= ATTEMPTS) {
        throw new Error(
          `${url}: ${messageOf(cause).replace(`${url}: `, '')}; ${kept.at} of ${size} bytes are kept, open it again to go on from there`,
          { cause },
        );
      }
      await wait(FIRST_WAIT * 2 ** (attempt - 1));
    }
  }
  const found = kept.hash();
  if (hash === undefined || found === undefined) return;
  if (found === hash) return setWhole(store, name, hash);
  await store.remove(recordName(name));
  throw new Error(
    `${url}: what arrived is not what the server lists (its SHA-256 is another); open it again`,
  );
}

/** What is here of a file. What was held against the server's hash once is checked by its pieces, which is quicker. */
async function opened(
  file: StoreFile,
  store: DownloadStore,
  name: string,
  record: DownloadRecord,
  hash: string | undefined,
): Promise<Keeper> {
  const isChecked = hash === undefined || record.whole === hash;
  const kept = await keeper(file, store, name, record, !isChecked);
  if (hash === undefined || !isChecked || kept.at === record.size) return kept;
  // It is damaged: the whole is hashed once more.
  return keeper(file, store, name, record, true);
}

/** Writes down that a file is the one that the server lists. */
async function setWhole(store: DownloadStore, name: string, whole: string): Promise<void> {
  const record = await readRecord(store, name);
  if (record) await writeRecord(store, name, { ...record, whole });
}

/** Trying again would not help. */
class Final extends Error {}

async function requireRoom(store: DownloadStore, url: string, needed: number): Promise<void> {
  const free = await store.free();
  if (free !== undefined && needed > free) throw new Final(`${url}: ${roomText(needed, free)}`);
}

const roomText = (needed: number, free: number): string =>
  `the browser's storage has no room for it: ${megabytes(needed)} MB are needed, ${megabytes(Math.max(0, free))} MB are free; free some space, or download it by hand and give the file`;

const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0);

function storageFault(url: string, cause: unknown): Error {
  const isFull = cause instanceof DOMException && cause.name === 'QuotaExceededError';
  return new Final(
    isFull
      ? `${url}: the browser's storage is full; free some space, or download it by hand and give the file`
      : `${url}: cannot be kept (${messageOf(cause)})`,
    { cause },
  );
}

/** Takes the bytes that are missing; what came before a cut is kept. */
async function fetchRest(
  url: string,
  size: number,
  kept: Keeper,
  { fetch, signal, onBytes }: Task,
): Promise<void> {
  const from = kept.at;
  const answer = await ask(fetch, url, {
    ...(from > 0 ? { headers: { Range: `bytes=${from}-` } } : {}),
    ...(signal ? { signal } : {}),
  });
  if (!answer.ok || !answer.body) {
    await answer.body?.cancel();
    const text = `${url}: ${refusalOf(answer.status)}`;
    throw answer.status >= 500 || answer.status === 429 ? new Error(text) : new Final(text);
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
