// Downloads into the browser's storage, by way of a server on loopback with faults.

import { messageOf } from '@spatiallock/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { clearDownloads, type DownloadOptions, downloaded } from '../src/index.js';
import { type FileServer, fileServer, type MemoryStore, memoryStore, sha256 } from './support.js';

const PIECE = 2 ** 23;
const large = Uint8Array.from({ length: PIECE + 5000 }, (_, i) => (i * i + (i >> 7)) % 251);
const small = large.subarray(0, 10_000);
/** Told apart by their hashes: comparing megabytes takes vitest minutes. */
const [LARGE, SMALL] = [sha256(large), sha256(small)];

let server: FileServer;
let store: MemoryStore;
beforeEach(async () => {
  server = await fileServer({
    'small.safetensors': small,
    'large.safetensors': large,
    empty: new Uint8Array(),
  });
  store = memoryStore();
});
afterEach(() => server.close());

type Fetch = NonNullable<DownloadOptions['fetch']>;
const isProbe = (init: RequestInit | undefined) => new Headers(init?.headers).get('range') === 'bytes=0-0';

const at = (name: string): string => `${server.origin}/${name}`;
const get = async (name: string, options: Partial<Parameters<typeof downloaded>[1]> = {}) => {
  const blob = await downloaded(at(name), { store, wait: async () => undefined, ...options });
  return blob && sha256(new Uint8Array(await blob.arrayBuffer()));
};

describe('a download', () => {
  it('brings the file, tells how far it is, and asks for nothing the next time', async () => {
    const reported: (readonly number[])[] = [];
    expect(await get('large.safetensors', { onBytes: (...bytes) => reported.push(bytes) })).toBe(LARGE);
    expect(reported[0]).toEqual([0, large.length]);
    expect(reported.at(-1)).toEqual([large.length, large.length]);
    expect(server.requests).toEqual(['large.safetensors']);
    expect(await get('large.safetensors')).toBe(LARGE);
    expect(server.requests).toEqual(['large.safetensors']);
  });

  it('that is cut goes on from where it stood', async () => {
    server.cuts.push(3000, 4000);
    expect(await get('small.safetensors')).toBe(SMALL);
    expect(server.requests).toEqual([
      'small.safetensors',
      'small.safetensors bytes=3000-',
      'small.safetensors bytes=7000-',
    ]);
  });

  it('that was given up goes on in a later visit, also within a later piece', async () => {
    server.cuts.push(PIECE + 4000, 0, 0, 0, 0);
    const fault = await get('large.safetensors').then(String, messageOf);
    const [, cut, kept] =
      /large\.safetensors: the connection was cut after (\d+) of \d+ bytes; (\d+) of \d+ bytes are kept, open it again to go on from there$/.exec(
        fault,
      ) ?? [];
    expect(Number(kept)).toBeGreaterThan(0);
    expect(kept).toBe(cut);
    server.requests.length = 0;
    server.cuts.length = 0;
    expect(await get('large.safetensors')).toBe(LARGE);
    expect(server.requests).toEqual([`large.safetensors bytes=${kept}-`]);
  });

  it('from a server that cannot resume passes over what is here', async () => {
    server.ranges = false;
    server.cuts.push(3000);
    expect(await get('small.safetensors')).toBe(SMALL);
    expect(server.requests).toEqual(['small.safetensors', 'small.safetensors bytes=3000-']);
  });

  it('from a server that begins earlier than it was asked to passes over what is here', async () => {
    server.etag = () => '"v1"';
    server.resumesAt = (first) => first - 1000;
    server.cuts.push(3000);
    expect(await get('small.safetensors')).toBe(SMALL);
  });

  it('from a server that leaves bytes out is refused', async () => {
    server.etag = () => '"v1"';
    server.resumesAt = (first) => first + 1;
    server.cuts.push(3000);
    await expect(get('small.safetensors')).rejects.toThrow(
      'small.safetensors: the server sends another part than the one from byte 3000 of 10000 on',
    );
  });

  it('of a file that becomes another one meanwhile is refused', async () => {
    server.etag = () => '"v1"';
    server.cuts.push(3000);
    const wait = async () => void server.files.set('small.safetensors', large);
    await expect(get('small.safetensors', { wait })).rejects.toThrow(
      'small.safetensors: the server sends another part than the one from byte 3000 of 10000 on',
    );
  });

  it('of another version begins anew', async () => {
    await get('small.safetensors');
    server.files.set('small.safetensors', large.subarray(7, 10_007));
    expect(await get('small.safetensors')).toBe(sha256(large.subarray(7, 10_007)));
  });

  it('that was kept and damaged is repaired from the damaged piece on', async () => {
    await get('large.safetensors');
    const [name] = [...store.files].find(([, bytes]) => bytes.byteLength === large.length)!;
    store.files.get(name)![PIECE + 1]! ^= 1;
    expect(await get('large.safetensors')).toBe(LARGE);
    expect(server.requests).toEqual(['large.safetensors', `large.safetensors bytes=${PIECE}-`]);
    store.files.set(`${name}.json`, new TextEncoder().encode('{"url": "x", "si'));
    expect(await get('large.safetensors')).toBe(LARGE);
  });

  it('is taken from the store where there is no network', async () => {
    await get('small.safetensors');
    await server.close();
    expect(await get('small.safetensors')).toBe(SMALL);
    await expect(get('large.safetensors')).rejects.toThrow(
      /large\.safetensors: no answer; is there a network/,
    );
  });

  it.each([
    [
      'has room for less',
      { room: 9000 },
      /small\.safetensors: the browser's storage has no room for it: 0\.0 MB are needed, 0\.0 MB are free; free some space/,
    ],
    [
      'is full before it says so',
      { room: 9000, reported: 1e9 },
      /small\.safetensors: the browser's storage is full; free some space/,
    ],
  ])('says in one line that storage %s', async (_, limits, message) => {
    Object.assign(store, limits);
    await expect(get('small.safetensors')).rejects.toThrow(message);
  });

  it('keeps what is known of it where storage is full in the middle', async () => {
    await get('large.safetensors');
    const [name] = [...store.files].find(([, bytes]) => bytes.byteLength === large.length)!;
    store.files.set(name, store.files.get(name)!.slice(0, PIECE));
    const { whole: _, ...record } = JSON.parse(new TextDecoder().decode(store.files.get(`${name}.json`)));
    const first = JSON.stringify({ ...record, pieces: record.pieces.slice(0, 1) });
    store.files.set(`${name}.json`, new TextEncoder().encode(first));
    // Enough for the rest, and not for another hash in the record.
    store.room = PIECE + first.length + (large.length - PIECE) + 10;
    await expect(get('large.safetensors')).rejects.toThrow("the browser's storage is full");
    store.room = undefined;
    server.requests.length = 0;
    expect(await get('large.safetensors')).toBe(LARGE);
    expect(server.requests).toEqual([`large.safetensors bytes=${PIECE}-`]);
  });

  it('is held against the hash that the server lists', async () => {
    server.etag = () => `"${sha256(large)}"`;
    await expect(get('small.safetensors')).rejects.toThrow('(its SHA-256 is another); open it again');
    server.etag = (bytes) => `"${sha256(bytes)}"`;
    expect(await get('small.safetensors')).toBe(SMALL);
  });

  it('that was held against the hash of the server once is checked by its pieces', async () => {
    await get('small.safetensors');
    const [name] = [...store.files].find(([, bytes]) => bytes.byteLength === small.length)!;
    const other = Uint8Array.from(small, (byte) => byte ^ 1);
    store.files.set(name, other);
    const record = JSON.parse(new TextDecoder().decode(store.files.get(`${name}.json`)));
    const keep = (fields: object) =>
      store.files.set(
        `${name}.json`,
        new TextEncoder().encode(JSON.stringify({ ...record, pieces: [sha256(other)], ...fields })),
      );
    keep({});
    expect(await get('small.safetensors')).toBe(sha256(other));
    keep({ whole: undefined });
    await expect(get('small.safetensors')).rejects.toThrow('(its SHA-256 is another); open it again');
  });

  it('that is repaired is held against the hash of the server again', async () => {
    await get('large.safetensors');
    const [name] = [...store.files].find(([, bytes]) => bytes.byteLength === large.length)!;
    store.files.get(name)![PIECE + 1]! ^= 1;
    server.files.set(
      'large.safetensors',
      large.map((byte, i) => (i < PIECE ? byte : byte ^ 2)),
    );
    server.etag = () => `"${LARGE}"`;
    await expect(get('large.safetensors')).rejects.toThrow('(its SHA-256 is another); open it again');
  });

  it('keeps nothing of a page that comes instead of the file, and asks again', async () => {
    server.etag = () => '"v1"';
    let pages = 0;
    const fetch: Fetch = async (url, init) => {
      if (isProbe(init) || ++pages > 1) return globalThis.fetch(url, init);
      return new Response('<html>log in</html>', { headers: { 'content-type': 'text/html; charset=utf-8' } });
    };
    expect(await get('small.safetensors', { fetch })).toBe(SMALL);
    const never: Fetch = async (url, init) =>
      isProbe(init)
        ? globalThis.fetch(url, init)
        : new Response('<html/>', { headers: { 'content-type': 'text/html' } });
    await expect(get('large.safetensors', { fetch: never })).rejects.toThrow(
      /large\.safetensors: the server sends a page instead of the file; does this network ask for a login/,
    );
  });

  it('of a file that becomes another one of the same length is refused, and begins anew', async () => {
    const other = small.map((byte) => byte ^ 1);
    server.etag = (bytes) => `"${sha256(bytes).slice(0, 8)}"`;
    server.cuts.push(3000);
    const wait = async () => void server.files.set('small.safetensors', other);
    await expect(get('small.safetensors', { wait })).rejects.toThrow(
      'small.safetensors: became another file while it was downloaded; open it again',
    );
    expect(await get('small.safetensors')).toBe(sha256(other));
  });

  it('of a file that becomes a longer one is refused where the server sends it from its beginning', async () => {
    server.etag = () => '"v1"';
    server.ranges = false;
    server.cuts.push(3000);
    const wait = async () => void server.files.set('small.safetensors', large);
    await expect(get('small.safetensors', { wait })).rejects.toThrow(
      `small.safetensors: the server sends a file of ${large.length} bytes, where it listed 10000; open it again`,
    );
  });

  it('tells versions apart by their dates where the server shows no tag', async () => {
    let date = 'Mon, 01 Jun 2026 10:00:00 GMT';
    const fetch: Fetch = async (url, init) => {
      const { body, status, headers } = await globalThis.fetch(url, init);
      const shown = new Headers({ 'last-modified': date });
      for (const name of ['content-length', 'content-range']) {
        if (headers.has(name)) shown.set(name, headers.get(name)!);
      }
      return new Response(body, { status, headers: shown });
    };
    expect(await get('small.safetensors', { fetch })).toBe(SMALL);
    server.requests.length = 0;
    expect(await get('small.safetensors', { fetch })).toBe(SMALL);
    expect(server.requests).toEqual([]);
    const other = small.map((byte) => byte ^ 1);
    server.files.set('small.safetensors', other);
    date = 'Tue, 02 Jun 2026 10:00:00 GMT';
    expect(await get('small.safetensors', { fetch })).toBe(sha256(other));
  });

  it('loses nothing of what another tab brought while the server was asked', async () => {
    let other: Promise<unknown> | undefined;
    const fetch: Fetch = async (url, init) => {
      other ??= get('large.safetensors');
      await other;
      return globalThis.fetch(url, init);
    };
    expect(await get('large.safetensors', { fetch })).toBe(LARGE);
    expect(server.requests).toEqual(['large.safetensors']);
  });

  it('is taken from the store where the server fails', async () => {
    await get('small.safetensors');
    server.status = 503;
    expect(await get('small.safetensors')).toBe(SMALL);
    await expect(get('large.safetensors')).rejects.toThrow('answers with status 503; try again later');
  });

  it('is undefined where there is no file, and refused where the server refuses', async () => {
    expect(await get('none.safetensors')).toBeUndefined();
    expect(await get('empty')).toBe(sha256(new Uint8Array()));
    server.status = 403;
    await expect(get('small.safetensors')).rejects.toThrow(
      'the server refuses it (403); private and gated models',
    );
  });

  it('of two tabs is one', async () => {
    server.cuts.push(3000);
    let release: (() => void) | undefined;
    const waiting = new Promise<void>((resolve) => {
      release = resolve;
    });
    const first = get('small.safetensors', { wait: () => waiting });
    while (server.cuts.length > 0) await new Promise((resolve) => setTimeout(resolve, 5));
    await expect(get('small.safetensors')).rejects.toThrow('is being downloaded in another tab');
    release!();
    expect(await first).toBe(SMALL);
  });

  it('stops when it is aborted, and keeps what came', async () => {
    server.cuts.push(3000);
    const controller = new AbortController();
    const stopped = get('small.safetensors', {
      signal: controller.signal,
      wait: async () => controller.abort(),
    });
    await expect(stopped).rejects.toThrow('abort');
    server.requests.length = 0;
    expect(await get('small.safetensors')).toBe(SMALL);
    expect(server.requests).toEqual(['small.safetensors bytes=3000-']);
  });

  it('stops at once when it is aborted while it waits, and is open to others then', async () => {
    server.cuts.push(3000);
    const controller = new AbortController();
    const wait = () => {
      controller.abort();
      return new Promise<void>(() => undefined);
    };
    await expect(get('small.safetensors', { signal: controller.signal, wait })).rejects.toThrow('abort');
    expect(await get('small.safetensors')).toBe(SMALL);
  });

  it('is forgotten but for what another tab has open', async () => {
    await get('small.safetensors');
    const [locked] = store.files.keys();
    const remove: DownloadOptions['store']['remove'] = async (name) => {
      if (name === locked) throw new DOMException('locked', 'NoModificationAllowedError');
      await store.remove(name);
    };
    await expect(clearDownloads({ ...store, remove })).rejects.toThrow(
      '1 of what was downloaded cannot be removed (locked); close other tabs that download',
    );
    expect([...store.files.keys()]).toEqual([locked]);
  });

  it('can be forgotten', async () => {
    await get('small.safetensors');
    await clearDownloads(store);
    expect(store.files.size).toBe(0);
  });
});
