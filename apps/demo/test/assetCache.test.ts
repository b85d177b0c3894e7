import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { hashOf } from '../build/hash.js';
import { openAssets, type Store } from '../src/worker/assetCache.js';

const BASE = 'https://site.test/demo/';
const PATH = 'model/weights';
const content = new Uint8Array([1, 2, 3, 4, 5]);
const damaged = new Uint8Array([1, 2, 3, 4, 6]);
const short = new Uint8Array([1, 2]);
const hash = hashOf(content);
const address = `${BASE}${PATH}?${hash}`;
const list = { [PATH]: { bytes: content.length, hash } };

/** A store in memory, as browsers have one. */
function storeOf(entries: Record<string, Uint8Array<ArrayBuffer>>) {
  const kept = new Map(Object.entries(entries));
  const store: Store = {
    match: async (key) => (kept.has(String(key)) ? new Response(kept.get(String(key))) : undefined),
    put: async (key, response) => void kept.set(String(key), new Uint8Array(await response.arrayBuffer())),
    delete: async (key) => kept.delete((key as Request).url),
    keys: async () => Array.from(kept.keys(), (url) => new Request(url)),
  };
  return { kept, store };
}

/** What the network answers for the file, one after another; `asked` tells by which way. */
let answers: (Uint8Array<ArrayBuffer> | 'offline')[] = [];
let asked: (string | undefined)[] = [];

beforeEach(() => {
  asked = [];
  vi.stubGlobal('fetch', async (url: URL | string, { cache }: RequestInit = {}) => {
    if (String(url).endsWith('assets.json')) return Response.json(list);
    asked.push(cache);
    const answer = answers.shift();
    if (answer === undefined) return new Response('', { status: 404 });
    if (answer === 'offline') throw new TypeError('Failed to fetch');
    return new Response(answer);
  });
});
afterEach(() => void vi.unstubAllGlobals());

describe('the files of the site', () => {
  it('come from the store where it holds them whole', async () => {
    const { store } = storeOf({ [address]: content });
    expect(await (await openAssets(BASE, store)).fetch(PATH)).toEqual(content);
    expect(asked).toEqual([]);
  });

  it('are fetched again where the store holds them damaged or cut, and the store is repaired', async () => {
    for (const wrong of [damaged, short, new Uint8Array(9)]) {
      answers = [content];
      const { store, kept } = storeOf({ [address]: wrong });
      let loaded = 0;
      const assets = await openAssets(BASE, store);
      const bytes = await assets.fetch(PATH, (_path, count) => {
        loaded += count;
      });
      expect(bytes).toEqual(content);
      expect(kept.get(address)).toEqual(content);
      expect(loaded).toBe(content.length);
    }
  });

  it("are asked for past the browser's cache where that is damaged, and never taken damaged", async () => {
    answers = [damaged, content];
    const { store } = storeOf({});
    const assets = await openAssets(BASE, store);
    expect(await assets.fetch(PATH)).toEqual(content);
    expect(asked).toEqual([undefined, 'reload']);
    answers = [damaged, damaged];
    const other = storeOf({});
    await expect((await openAssets(BASE, other.store)).fetch(PATH)).rejects.toThrow(
      'model/weights came damaged twice',
    );
    expect(other.kept.size).toBe(0);
  });

  it('say what is missing without a network', async () => {
    answers = ['offline'];
    await expect((await openAssets(BASE, storeOf({}).store)).fetch(PATH)).rejects.toThrow(
      'model/weights could not be loaded (Failed to fetch); is there a network?',
    );
    await expect((await openAssets(BASE, storeOf({}).store)).fetch(PATH)).rejects.toThrow('(status 404)');
  });

  it('load where the store fails in every way', async () => {
    const fail = () => Promise.reject(new Error('corrupted'));
    const stores: Store[] = [
      { match: fail, put: fail, delete: fail, keys: fail },
      { ...storeOf({}).store, match: fail, put: fail },
    ];
    for (const store of stores) {
      answers = [content];
      expect(await (await openAssets(BASE, store)).fetch(PATH)).toEqual(content);
    }
  });

  it('that the site no longer has are dropped', async () => {
    const { store, kept } = storeOf({ [`${BASE}old?1`]: content, [address]: content });
    await openAssets(BASE, store);
    expect([...kept.keys()]).toEqual([address]);
  });
});
