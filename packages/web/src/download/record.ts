// What is known of a download: where it comes from, and the hash of each piece that is there.

import { parseJson } from '@spatiallock/core/io';
import type { DownloadStore, StoreFile } from './store.js';

/** Bytes that are hashed, and kept, together. */
export const PIECE = 2 ** 23;

export interface DownloadRecord {
  readonly url: string;
  /** Of the whole file. */
  readonly size: number;
  /** What the server says to tell versions apart: its ETag, else when the file was last changed. */
  readonly etag?: string;
  /** SHA-256 of each piece, in hexadecimal. All but the last one of a whole file have `PIECE` bytes. */
  readonly pieces: readonly string[];
  /** What a cut left of the piece after them. */
  readonly tail?: { readonly length: number; readonly hash: string };
  /** SHA-256 of the whole file, once it was held against the server's. */
  readonly whole?: string;
}

/** The record of a file; undefined where there is none, or where it was written half. */
export async function readRecord(store: DownloadStore, name: string): Promise<DownloadRecord | undefined> {
  const text = await (await store.blob(recordName(name)))?.text();
  if (text === undefined) return undefined;
  try {
    const record = parseJson(text, name);
    return isRecord(record) ? record : undefined;
  } catch {
    return undefined;
  }
}

const isText = (value: unknown): value is string => typeof value === 'string';

function isRecord(value: unknown): value is DownloadRecord {
  if (typeof value !== 'object' || value === null) return false;
  const { url, size, etag, pieces, tail, whole } = value as Partial<DownloadRecord>;
  return (
    isText(url) &&
    Number.isSafeInteger(size) &&
    (etag === undefined || isText(etag)) &&
    Array.isArray(pieces) &&
    pieces.every(isText) &&
    (whole === undefined || isText(whole)) &&
    (tail === undefined || (tail !== null && Number.isSafeInteger(tail.length) && isText(tail.hash)))
  );
}

export async function writeRecord(store: DownloadStore, name: string, record: DownloadRecord): Promise<void> {
  const file = await store.open(recordName(name));
  try {
    const bytes = new TextEncoder().encode(JSON.stringify(record));
    // Over what is there: where no room is left, the record of before stays.
    writeWhole(file, bytes, 0);
    if (file.getSize() > bytes.byteLength) file.truncate(bytes.byteLength);
    file.flush();
  } finally {
    file.close();
  }
}

/** Throws as the browser does on a full disk where only a part is taken. */
export function writeWhole(file: StoreFile, bytes: Uint8Array<ArrayBuffer>, at: number): void {
  if (file.write(bytes, { at }) === bytes.byteLength) return;
  throw new DOMException('the disk took only a part of what was written', 'QuotaExceededError');
}

export const recordName = (name: string): string => `${name}.json`;

/** Of bytes, in hexadecimal. */
export async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return hex(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)));
}

export const hex = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
