// Writes a download piece by piece, with the hash of each, and takes up one that was cut.

import { sha256 as sha256Stream } from '@noble/hashes/sha2.js';
import { type DownloadRecord, hex, PIECE, sha256, writeRecord, writeWhole } from './record.js';
import type { DownloadStore, StoreFile } from './store.js';

/** A download that is being written. */
export interface Keeper {
  /** Bytes that are here. */
  readonly at: number;
  /** Takes the bytes that follow. */
  push(bytes: Uint8Array): Promise<void>;
  /** Keeps what is not a whole piece yet. */
  pause(): Promise<void>;
  /** SHA-256 of all bytes, once they are here; undefined where it was not asked for. */
  hash(): string | undefined;
}

/**
 * Goes on with a file after what of its record is intact; the rest is cut off. `hashesAll`: whether the SHA-256 of the whole is
 * computed beside those of pieces, which takes several times as long as theirs.
 */
export async function keeper(
  file: StoreFile,
  store: DownloadStore,
  name: string,
  record: DownloadRecord,
  hashesAll: boolean,
  signal?: AbortSignal,
): Promise<Keeper> {
  const { size } = record;
  const piece = new Uint8Array(Math.min(PIECE, size));
  const whole = hashesAll ? sha256Stream.create() : undefined;
  const pieces: string[] = [];
  let filled = 0;
  const base = (): number => pieces.length * PIECE;
  const isKept = async (length: number, hash: string): Promise<boolean> => {
    const part = piece.subarray(0, length);
    const fits = length > 0 && length <= piece.byteLength && file.read(part, { at: base() }) === length;
    return fits && (await sha256(part)) === hash;
  };
  for (const hash of record.pieces) {
    signal?.throwIfAborted();
    const length = Math.min(PIECE, size - base());
    if (!(await isKept(length, hash))) break;
    whole?.update(piece.subarray(0, length));
    pieces.push(hash);
  }
  const { tail } = record;
  const isWhole = pieces.length === record.pieces.length;
  if (tail && isWhole && base() + tail.length < size && (await isKept(tail.length, tail.hash))) {
    filled = tail.length;
  }
  const here = (): number => Math.min(base() + filled, size);
  // Blobs of a file that is whole may be in use elsewhere.
  if (file.getSize() !== here()) file.truncate(here());

  const save = async (part: Uint8Array<ArrayBuffer>, at: number): Promise<string> => {
    writeWhole(file, part, at);
    file.flush();
    return sha256(part);
  };
  const { tail: _tail, whole: _whole, ...source } = record;
  return {
    get at() {
      return here();
    },
    async push(given) {
      let bytes = given;
      while (bytes.byteLength > 0) {
        const room = Math.min(PIECE, size - base());
        const part = bytes.subarray(0, room - filled);
        piece.set(part, filled);
        filled += part.byteLength;
        bytes = bytes.subarray(part.byteLength);
        if (filled < room) return;
        const full = piece.subarray(0, filled);
        const hash = await save(full, base());
        whole?.update(full);
        pieces.push(hash);
        filled = 0;
        await writeRecord(store, name, { ...source, pieces });
      }
    },
    async pause() {
      if (filled === 0) return;
      const hash = await save(piece.subarray(0, filled), base());
      await writeRecord(store, name, { ...source, pieces, tail: { length: filled, hash } });
    },
    hash: () => whole && hex(whole.digest()),
  };
}
