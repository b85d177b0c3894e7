// Fetches the site's large files once, tells how far it is, and keeps them in the browser.

import type { FileSource } from '@spatiallock/core';
import type { AssetList } from './assetList.js';

const CACHE = 'spatiallock-assets';

export type OnBytes = (path: string, bytes: number) => void;

export interface AssetCache {
  readonly list: AssetList;
  /** The file as it was packed for the site; `onBytes` is told of each piece. Rejects where it cannot be fetched. */
  fetch(path: string, onBytes?: OnBytes): Promise<Uint8Array<ArrayBuffer>>;
  /** The same, unpacked if it is `.packed`. */
  unpacked(path: string, onBytes?: OnBytes): Promise<Uint8Array<ArrayBuffer>>;
  /** The files of one of the site's folders. */
  folder(name: string, onBytes?: OnBytes): FileSource;
  /** Bytes that all files under these paths have together. */
  size(paths: readonly string[]): number;
}

/** `base`: the site's address, with a slash at its end. */
export async function openAssets(base: string): Promise<AssetCache> {
  const response = await fetch(new URL('assets.json', base));
  if (!response.ok) throw new Error(`assets.json could not be loaded (${response.status})`);
  const list: AssetList = await response.json();
  const store = await openStore();
  await dropOthers(store, list, base);

  const addressOf = (path: string): string => `${new URL(path, base).href}?${list[path]!.hash}`;
  const fetchAsset = async (path: string, onBytes?: OnBytes): Promise<Uint8Array<ArrayBuffer>> => {
    const address = addressOf(path);
    const kept = await store?.match(address);
    const answer = kept ?? (await fetch(address));
    if (!answer.ok) throw new Error(`${path} could not be loaded (${answer.status})`);
    const bytes = await readAll(answer, list[path]!.bytes, (count) => onBytes?.(path, count));
    // A full disk must not stop the work.
    if (!kept) await store?.put(address, new Response(bytes)).catch(() => undefined);
    return bytes;
  };
  const unpacked = async (path: string, onBytes?: OnBytes) =>
    path.endsWith('.packed') ? gunzip(await fetchAsset(path, onBytes)) : fetchAsset(path, onBytes);
  return {
    list,
    fetch: fetchAsset,
    unpacked,
    folder: (name, onBytes) => ({
      read: async (file) => (list[`${name}/${file}`] ? fetchAsset(`${name}/${file}`, onBytes) : undefined),
      exists: async (file) => list[`${name}/${file}`] !== undefined,
    }),
    size: (paths) =>
      Object.entries(list)
        .filter(([path]) => paths.some((start) => path.startsWith(start)))
        .reduce((sum, [, { bytes }]) => sum + bytes, 0),
  };
}

/** Not there in private windows of some browsers. */
async function openStore(): Promise<Cache | undefined> {
  try {
    return await caches.open(CACHE);
  } catch {
    return undefined;
  }
}

/** Files that the site no longer has, or has with other content. */
async function dropOthers(store: Cache | undefined, list: AssetList, base: string): Promise<void> {
  if (!store) return;
  const wanted = new Set(
    Object.entries(list).map(([path, { hash }]) => `${new URL(path, base).href}?${hash}`),
  );
  const kept = await store.keys();
  await Promise.all(kept.filter(({ url }) => !wanted.has(url)).map((request) => store.delete(request)));
}

async function readAll(
  response: Response,
  size: number,
  onBytes: (count: number) => void,
): Promise<Uint8Array<ArrayBuffer>> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  const reader = response.body!.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    pieces.push(value);
    length += value.byteLength;
    onBytes(value.byteLength);
  }
  if (length !== size) throw new Error(`${response.url}: ${length} bytes came instead of ${size}; try again`);
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.byteLength;
  }
  return bytes;
}

async function gunzip(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
