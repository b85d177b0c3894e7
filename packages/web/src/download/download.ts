// A file of a server into the browser's storage: resumed where it was cut, checked piece by piece.

import { messageOf } from '@spatiallock/core';
import { checkMethods, checkObject, checkText } from '@spatiallock/core/checks';
import { type Keeper, keeper } from './keeper.js';
import { type DownloadRecord, PIECE, readRecord, recordName, sha256, writeRecord } from './record.js';
import { type Fetch, NoAnswer, type RemoteFile, remoteFile } from './request.js';
import { Final, fetchRest, storageFault } from './rest.js';
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
    const blob = await intactBlob(store, name, known, signal);
    signal?.throwIfAborted();
    if (blob) {
      options.onBytes?.(known.size, known.size);
      return blob;
    }
  }
  const remote = await remoteFile(fetch, url, signal).catch((cause: unknown) => {
    // Without a network what was downloaded has to do.
    if (cause instanceof NoAnswer && known && isComplete(known)) return asListed(known);
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
    // Another tab may have brought more of it while the server was asked.
    const present = await readRecord(store, name);
    const etag = remote.etag ?? remote.modified;
    const isSame = present?.size === size && present.etag === etag;
    const record = isSame ? present : { url, size, ...(etag ? { etag } : {}), pieces: [] };
    await fill(file, name, record, { ...remote, size }, { ...options, fetch });
  } finally {
    file.close();
  }
  return store.blob(name);
}

/** What was downloaded, as the server said it then. */
const asListed = ({ size, etag }: DownloadRecord): RemoteFile => ({ size, ...(etag ? { etag } : {}) });

const isComplete = ({ size, pieces }: DownloadRecord): boolean => pieces.length === Math.ceil(size / PIECE);

/** What is kept, where all of its pieces are as they were. Others may read it at the same time. */
async function intactBlob(
  store: DownloadStore,
  name: string,
  { size, pieces }: DownloadRecord,
  signal: AbortSignal | undefined,
): Promise<Blob | undefined> {
  try {
    const blob = await store.blob(name);
    if (blob?.size !== size) return undefined;
    for (const [i, hash] of pieces.entries()) {
      if (signal?.aborted) return undefined;
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

/** Forgets what was downloaded. Rejects where another tab has files open, once all others are gone. */
export async function clearDownloads(store: DownloadStore): Promise<void> {
  checkStore(store, 'store');
  const faults: unknown[] = [];
  for (const { name } of await store.list()) {
    await store.remove(name).catch((fault: unknown) => faults.push(fault));
  }
  if (faults.length === 0) return;
  throw new Error(
    `${faults.length} of what was downloaded cannot be removed (${messageOf(faults[0])}); close other tabs that download, then try again`,
    { cause: faults[0] },
  );
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
  remote: RemoteFile & { readonly size: number },
  task: Task,
): Promise<void> {
  const { store, onBytes, signal, wait = clock } = task;
  const { hash } = remote;
  const { url, size } = given;
  const kept = await opened(file, name, given, hash, task);
  onBytes?.(kept.at, size);
  await requireRoom(store, url, size - kept.at);
  for (let attempt = 1; kept.at < size; attempt++) {
    signal?.throwIfAborted();
    const before = kept.at;
    try {
      await fetchRest(url, remote, kept, task);
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
      await unlessAborted(wait(FIRST_WAIT * 2 ** (attempt - 1)), signal);
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

/** Waits no longer once the signal is aborted: the file stays open to nobody else until then. */
async function unlessAborted(waiting: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  if (!signal) return waiting;
  let stop = (): void => undefined;
  const aborted = new Promise<void>((resolve) => {
    stop = resolve;
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) resolve();
  });
  await Promise.race([waiting, aborted]).finally(() => signal.removeEventListener('abort', stop));
  signal.throwIfAborted();
}

/** What is here of a file. What was held against the server's hash once is checked by its pieces, which is quicker. */
async function opened(
  file: StoreFile,
  name: string,
  record: DownloadRecord,
  hash: string | undefined,
  { store, signal }: Task,
): Promise<Keeper> {
  const isChecked = hash === undefined || record.whole === hash;
  const kept = await keeper(file, store, name, record, !isChecked, signal);
  if (hash === undefined || !isChecked || kept.at === record.size) return kept;
  // It is damaged: the whole is hashed once more.
  return keeper(file, store, name, record, true, signal);
}

/** Writes down that a file is the one that the server lists. */
async function setWhole(store: DownloadStore, name: string, whole: string): Promise<void> {
  const record = await readRecord(store, name);
  if (record) await writeRecord(store, name, { ...record, whole });
}

async function requireRoom(store: DownloadStore, url: string, needed: number): Promise<void> {
  const free = await store.free();
  if (free !== undefined && needed > free) throw new Final(`${url}: ${roomText(needed, free)}`);
}

const roomText = (needed: number, free: number): string =>
  `the browser's storage has no room for it: ${megabytes(needed)} MB are needed, ${megabytes(Math.max(0, free))} MB are free; free some space, or download it by hand and give the file`;

const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0);
