// Fetches the site's large files once, tells how far it is, and keeps them in the browser. What was kept is checked by
// its hash, and fetched again where it was damaged.

import { type FileSource, messageOf } from '@spatiallock/core';
import { sha256 } from '../sha256.js';
import type { Asset, AssetList } from './assetList.js';

const CACHE = 'spatiallock-assets';

/** Called with the bytes of each piece; with a negative number when a file is fetched anew. */
export type OnBytes = (path: string, bytes: number) => void;

export interface AssetCache {
  readonly list: AssetList;
  /** The file as it was packed for the site. Rejects where it cannot be fetched whole. */
  fetch(path: string, onBytes?: OnBytes): Promise<Uint8Array<ArrayBuffer>>;
  /** The same, unpacked if it is `.packed`. */
  unpacked(path: string, onBytes?: OnBytes): Promise<Uint8Array<ArrayBuffer>>;
  /** The files of one of the site's folders. */
  folder(name: string, onBytes?: OnBytes): FileSource;
  /** Bytes that all files under these paths have together. */
  size(paths: readonly string[]): number;
}

/** The part of the browser's `Cache` that is used. */
export type Store = Pick<Cache, 'match' | 'put' | 'delete' | 'keys'>;

/** `base`: the site's address, with a slash at its end. */
export async function openAssets(base: string, store?: Store): Promise<AssetCache> {
  const response = await request(new URL('assets.json', base).href, 'assets.json');
  const list: AssetList = await response.json();
  const kept = await storeOf(list, base, store);
  const fetchAsset = (path: string, onBytes?: OnBytes) =>
    wholeFile(
      path,
      { address: `${new URL(path, base).href}?${list[path]!.hash}`, asset: list[path]! },
      kept,
      (n) => onBytes?.(path, n),
    );
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

interface Place {
  readonly address: string;
  readonly asset: Asset;
}

/** From the store, from the network, and past the browser's own cache, whichever first gives it whole. */
async function wholeFile(
  path: string,
  { address, asset }: Place,
  store: Store | undefined,
  onBytes: (count: number) => void,
): Promise<Uint8Array<ArrayBuffer>> {
  const ways = [
    () => store?.match(address).catch(() => undefined),
    () => request(address, path),
    () => request(address, path, { cache: 'reload' }),
  ];
  for (const [i, way] of ways.entries()) {
    const answer = await way();
    const bytes = answer && (await readWhole(answer, asset, onBytes));
    if (!bytes) continue;
    // A full disk must not stop the work.
    if (i > 0) await store?.put(address, new Response(bytes)).catch(() => undefined);
    return bytes;
  }
  throw new Error(`${path} came damaged twice; try again later`);
}

async function request(address: string, path: string, options: RequestInit = {}): Promise<Response> {
  const response = await fetch(address, options).catch((cause: unknown) => {
    throw new Error(`${path} could not be loaded (${messageOf(cause)}); is there a network?`, { cause });
  });
  if (response.ok) return response;
  throw new Error(`${path} could not be loaded (status ${response.status})`);
}

/** The bytes, if they are those that the list tells of. */
async function readWhole(
  response: Response,
  { bytes: size, hash }: Asset,
  onBytes: (count: number) => void,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const bytes = new Uint8Array(size);
  let length = 0;
  try {
    const reader = response.body!.getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      if (length + value.byteLength <= size) bytes.set(value, length);
      length += value.byteLength;
      onBytes(value.byteLength);
    }
    if (length === size && (await isIntact(bytes, hash))) return bytes;
  } catch {
    // A connection that broke off, or a store that cannot be read.
  }
  onBytes(-length);
  return undefined;
}

/** Pages without a secure origin hash nothing; there the length decides. */
async function isIntact(bytes: Uint8Array<ArrayBuffer>, hash: string): Promise<boolean> {
  if (!globalThis.crypto?.subtle) return true;
  return (await sha256(bytes)).startsWith(hash);
}

/** The browser's store, without what the site no longer has; undefined in private windows of some browsers. */
async function storeOf(list: AssetList, base: string, given?: Store): Promise<Store | undefined> {
  try {
    const store = given ?? (await caches.open(CACHE));
    const wanted = new Set(
      Object.entries(list).map(([path, { hash }]) => `${new URL(path, base).href}?${hash}`),
    );
    const kept = await store.keys();
    await Promise.all(kept.filter(({ url }) => !wanted.has(url)).map((entry) => store.delete(entry)));
    return store;
  } catch {
    return undefined;
  }
}

async function gunzip(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
