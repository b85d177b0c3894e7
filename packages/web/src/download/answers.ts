// What a server answered for the small files of a model, kept so that the model opens again without asking.

import { recordName, sha256, writeWhole } from './record.js';
import type { DownloadStore } from './store.js';

/** Whether a file is there, with its bytes where they were read. */
export interface Answer {
  readonly isThere: boolean;
  readonly bytes?: Uint8Array;
}

/** Bytes; larger files are asked for again. */
const MOST_BYTES = 2 ** 25;
/** Bytes of the hash in front, in hexadecimal, and of the kind behind it. */
const [HASH, HEAD] = [64, 65];
const [ABSENT, THERE, READ] = [0, 1, 2];

const nameOf = async (url: string): Promise<string> =>
  recordName(`${await sha256(new TextEncoder().encode(url))}.answer`);

/** What was kept for an address; undefined where nothing was, or where it is damaged. Never rejects. */
export async function keptAnswer(store: DownloadStore, url: string): Promise<Answer | undefined> {
  try {
    const blob = await store.blob(await nameOf(url));
    if (!blob || blob.size < HEAD) return undefined;
    const all = new Uint8Array(await blob.arrayBuffer());
    const rest = all.slice(HASH);
    if (new TextDecoder().decode(all.subarray(0, HASH)) !== (await sha256(rest))) return undefined;
    const [kind] = rest;
    if (kind === READ) return { isThere: true, bytes: rest.slice(HEAD - HASH) };
    return { isThere: kind === THERE };
  } catch {
    return undefined;
  }
}

/** Keeps an answer. Never rejects: without room the server is asked again. */
export async function keepAnswer(
  store: DownloadStore,
  url: string,
  { isThere, bytes }: Answer,
): Promise<void> {
  const length = bytes?.byteLength ?? 0;
  if (length > MOST_BYTES) return;
  try {
    const rest = new Uint8Array(HEAD - HASH + length);
    rest[0] = isThere ? (bytes ? READ : THERE) : ABSENT;
    if (bytes) rest.set(bytes, HEAD - HASH);
    const hash = new TextEncoder().encode(await sha256(rest));
    const file = await store.open(await nameOf(url));
    try {
      file.truncate(0);
      writeWhole(file, hash, 0);
      writeWhole(file, rest, HASH);
      file.flush();
    } finally {
      file.close();
    }
  } catch {
    // Full, or another tab writes the same.
  }
}
