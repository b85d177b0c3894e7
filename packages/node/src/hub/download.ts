// One file of a repository into the cache: resumed where it was cut, and checked against the hub's hash.

import { createHash, type Hash } from 'node:crypto';
import { open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { messageOf } from '@spatiallock/core';
import { syncFolder } from '../atomicFile.js';
import { fileFault } from '../fileFault.js';
import { makeFolder } from '../makeFolder.js';
import { ATTEMPTS, clock, type Fetch, type RequestOptions, waitBefore } from './request.js';

export interface RemoteFile {
  readonly path: string;
  readonly size: number;
  /** What the blob is called: SHA-256 of a file in LFS, else git's SHA-1. */
  readonly etag: string;
  readonly lfs: boolean;
}

export interface DownloadOptions extends Pick<RequestOptions, 'signal' | 'wait'> {
  readonly url: string;
  readonly fetch: Fetch;
  /** Called with the bytes that have arrived. */
  readonly onBytes?: (bytes: number) => void;
}

/** The file arrived whole, and is another than the hub lists. */
class WrongHash extends Error {
  override readonly name = 'WrongHash';
}

/** What a refused request tells. */
export class Refused extends Error {
  override readonly name = 'Refused';
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/**
 * Downloads to `blob`, by way of `blob.incomplete`, which another run goes on with. Rejects where the server refuses, where
 * five attempts were cut, or where the file's hash is wrong twice.
 */
export async function downloadBlob(file: RemoteFile, blob: string, options: DownloadOptions): Promise<void> {
  const partial = `${blob}.incomplete`;
  await makeFolder(dirname(blob));
  let mismatches = 0;
  for (let attempt = 1; ; attempt++) {
    try {
      await fetchRest(file, partial, options);
      await rename(partial, blob);
      await syncFolder(dirname(blob));
      return;
    } catch (cause) {
      options.signal?.throwIfAborted();
      if (cause instanceof Refused) throw cause;
      if (cause instanceof WrongHash) {
        await rm(partial, { force: true });
        if (++mismatches === 2) throw cause;
      } else if (attempt === ATTEMPTS || isDisk(cause)) {
        throw new Error(`${file.path}: ${messageOf(cause)}; run it again to go on from there`, { cause });
      } else {
        await (options.wait ?? clock)(waitBefore(attempt), options.signal);
      }
    }
  }
}

const isDisk = (cause: unknown): boolean =>
  cause instanceof Error &&
  'code' in cause &&
  ['ENOSPC', 'EACCES', 'EROFS', 'EDQUOT'].includes(String(cause.code));

async function fetchRest(
  { path, size, etag, lfs }: RemoteFile,
  partial: string,
  { url, fetch: ask, signal, onBytes }: DownloadOptions,
): Promise<void> {
  const before = (await stat(partial).catch(() => undefined))?.size ?? 0;
  if (before > size) await rm(partial, { force: true });
  let at = before > size ? 0 : before;
  const hash = lfs ? createHash('sha256') : createHash('sha1').update(`blob ${size}\0`);
  if (at > 0) await hashFile(partial, at, hash);
  if (at < size) {
    const answer = await ask(url, at > 0 ? { headers: { Range: `bytes=${at}-` } } : {});
    if (!answer.ok || !answer.body) throw new Refused(answer.status, `status ${answer.status}`);
    const goesOn = answer.status === 206;
    if (at > 0 && !goesOn) {
      // The server sends the whole file again.
      await answer.body.cancel();
      await rm(partial, { force: true });
      throw new Error(`${path}: the server cannot resume; beginning anew`);
    }
    const out = await open(partial, goesOn ? 'a' : 'w');
    try {
      onBytes?.(at);
      for await (const piece of piecesOf(answer.body)) {
        signal?.throwIfAborted();
        at += piece.byteLength;
        if (at > size)
          throw new WrongHash(`${path}: the server sends more than the ${size} bytes that the hub lists`);
        hash.update(piece);
        await out.writeFile(piece).catch((cause: unknown) => {
          throw fileFault(partial, 'written', cause);
        });
        onBytes?.(at);
      }
      await out.sync();
    } finally {
      await out.close();
    }
    if (at < size) throw new Error(`the connection was cut after ${at} of ${size} bytes`);
  } else if (size === 0) {
    await (await open(partial, 'w')).close();
  }
  const found = hash.digest('hex');
  if (found !== etag) {
    throw new WrongHash(
      `${path}: what arrived has the hash ${found.slice(0, 12)}, the hub lists ${etag.slice(0, 12)}; something between here and the hub changes files`,
    );
  }
}

async function hashFile(path: string, size: number, hash: Hash): Promise<void> {
  const file = await open(path, 'r');
  try {
    for await (const piece of file.createReadStream({ start: 0, end: size - 1, autoClose: false })) {
      hash.update(piece as Buffer);
    }
  } finally {
    await file.close();
  }
}

/** By a reader: where types are the DOM's, a stream is no async iterable. */
async function* piecesOf(body: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = body.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}
