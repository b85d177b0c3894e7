import { describe, expect, it } from 'vitest';
import { graphCache } from '../src/entries/pipeline.js';
import { type Backend, type Graph, input, negate } from '../src/index.js';

const build = (): Graph => {
  const x = input('x', [1]);
  return { inputs: { x }, params: {}, outputs: { y: negate(x) } };
};

/** A backend that counts what lives, and fails while `broken`. */
function counting() {
  const state = { live: 0, compiled: 0, most: 0, broken: false };
  const backend: Backend = {
    name: 'counting',
    async compile() {
      if (state.broken) throw new Error('no memory');
      state.compiled++;
      state.live++;
      state.most = Math.max(state.most, state.live);
      return {
        run: async () => ({}),
        readParams: async () => ({}),
        dispose: async () => {
          state.live--;
        },
      };
    },
    dispose: async () => undefined,
  };
  return { state, cache: graphCache({ component: 'unet', backend, params: {} }) };
}

const idle = async (): Promise<void> => undefined;

describe('graphCache', () => {
  it('keeps few graphs, however many keys there are, and gives all back', async () => {
    const { state, cache } = counting();
    for (let batch = 1; batch <= 24; batch++) await cache.use(`batch ${batch}`, build, idle);
    expect(state.compiled).toBe(24);
    expect(state.most).toBe(3);
    await cache.dispose();
    expect(state.live).toBe(0);
    await expect(cache.lease('batch 1', build)).rejects.toThrow('this pipeline was disposed of');
  });

  it('drops the least recently used', async () => {
    const { state, cache } = counting();
    for (const key of ['a', 'b', 'c', 'a', 'd', 'a', 'c']) await cache.use(key, build, idle);
    expect(state.compiled).toBe(4);
    await cache.use('b', build, idle);
    expect(state.compiled).toBe(5);
    await cache.dispose();
  });

  it('never drops a graph that is in use, and goes back to few afterwards', async () => {
    const { state, cache } = counting();
    const keys = ['a', 'b', 'c', 'd', 'e'];
    const leases = await Promise.all(keys.map((key) => cache.lease(key, build)));
    expect(state.live).toBe(5);
    await cache.use('f', build, idle);
    await Promise.all(keys.map((key) => cache.use(key, build, idle)));
    expect(state.compiled).toBe(6);
    for (const { release } of leases) {
      release();
      release();
    }
    await cache.use('e', build, idle);
    expect(state.compiled).toBe(6);
    expect(state.live).toBe(3);
    await cache.dispose();
    expect(state.live).toBe(0);
  });

  it('counts a lease once, however often it is released', async () => {
    const { state, cache } = counting();
    const [first, second] = [await cache.lease('a', build), await cache.lease('a', build)];
    for (let i = 0; i < 3; i++) first.release();
    for (const key of ['b', 'c', 'd', 'e']) await cache.use(key, build, idle);
    await cache.use('a', build, idle);
    expect(state.compiled).toBe(5);
    second.release();
    for (const key of ['f', 'g', 'h']) await cache.use(key, build, idle);
    await cache.use('a', build, idle);
    expect(state.compiled).toBe(9);
    await cache.dispose();
  });

  it('compiles once where two ask at the same time, and again after a failure', async () => {
    const { state, cache } = counting();
    await Promise.all([cache.use('a', build, idle), cache.use('a', build, idle)]);
    expect(state.compiled).toBe(1);
    state.broken = true;
    await expect(cache.lease('b', build)).rejects.toThrow('no memory');
    state.broken = false;
    await cache.use('b', build, idle);
    expect(state.compiled).toBe(2);
    await expect(cache.use('b', build, () => Promise.reject(new Error('task')))).rejects.toThrow('task');
    await cache.dispose();
    expect(state.live).toBe(0);
  });
});
