// Deep feature caching in whole pipelines, on the fixtures' small networks.

import { fromPretrained, type Layout, type StreamOptions } from '@spatiallock/core';
import { poi } from '@spatiallock/poi';
import { fixtureModel } from '@spatiallock/testing';
import { afterAll, describe, expect, it } from 'vitest';
import { backend, watchingUNet, worst } from './support.js';

const layout: Layout = {
  prompt: 'a dog and an apple',
  objects: [
    { phrase: 'a dog', box: [0.1, 0.3, 0.5, 0.9] },
    { phrase: 'an apple', box: [0.5, 0.5, 0.9, 0.9] },
  ],
};
const quick = { steps: 6, scheduler: 'ddim', seed: 3, decode: false };

/** Counts the runs of graphs of the U-Net: those that read the map at the cut, and the others. */
const runs = { whole: 0, shallow: 0 };
const counting = watchingUNet(({ inputs }) => {
  runs[Object.hasOwn(inputs, 'deep') ? 'shallow' : 'whole']++;
});
const pipe = await fromPretrained(fixtureModel(), { backend: counting, plugins: [poi()] });

afterAll(() => backend.dispose());

async function painted(options: StreamOptions = {}, layouts: Layout | readonly Layout[] = layout) {
  Object.assign(runs, { whole: 0, shallow: 0 });
  const { latents } = await pipe.generate(layouts, { ...quick, ...options });
  return { latents: latents.data as Float32Array, runs: { ...runs } };
}

const plain = await painted();

describe('deepCache', () => {
  it('runs the whole U-Net in some calls alone, and paints nearly the same', async () => {
    const cached = await painted({ deepCache: { interval: 2 } });
    expect(cached.runs).toEqual({ whole: 3, shallow: 3 });
    const other = await painted({ seed: 4 });
    expect(worst(cached.latents, plain.latents)).toBeGreaterThan(0);
    expect(worst(cached.latents, plain.latents)).toBeLessThan(0.1 * worst(other.latents, plain.latents));
  });

  it('with an interval of 1 changes nothing', async () => {
    const same = await painted({ deepCache: { interval: 1 } });
    expect(same.runs).toEqual({ whole: 6, shallow: 0 });
    expect(same.latents).toEqual(plain.latents);
  });

  it('gives the same picture again, and with every number of layers another', async () => {
    const [once, again] = [
      await painted({ deepCache: { interval: 3 } }),
      await painted({ deepCache: { interval: 3 } }),
    ];
    expect(again.latents).toEqual(once.latents);
    const more = await painted({ deepCache: { interval: 3, layers: 2 } });
    expect(more.runs).toEqual(once.runs);
    expect(more.latents).not.toEqual(once.latents);
  });

  it('serves guidance that ends early, several pictures, and a picture to start from', async () => {
    const deepCache = { interval: 2 };
    const interval = await painted({ deepCache, guidanceInterval: { stop: 0.5, scaleAfter: 1 } });
    // Calls without guidance have other rows, and begin with the whole U-Net again.
    expect(interval.runs).toEqual({ whole: 4, shallow: 2 });
    const both = await painted({ deepCache }, [layout, { ...layout, prompt: 'a cat' }]);
    const alone = await painted({ deepCache });
    expect(worst(both.latents.subarray(0, alone.latents.length), alone.latents)).toBeLessThan(1e-4);
    const image = {
      width: 32,
      height: 32,
      channels: 3 as const,
      data: new Uint8ClampedArray(3 * 32 * 32).fill(90),
    };
    const started = await painted({ deepCache, image, strength: 0.5 });
    expect(started.runs.whole).toBe(Math.ceil((started.runs.whole + started.runs.shallow) / 2));
    expect(started.runs.shallow).toBeGreaterThan(0);
  });

  it.each([
    [{ interval: 0 }, 'deepCache.interval: must be a whole number in 1..100, not 0'],
    [{ interval: 2, layers: 4 }, 'deepCache.layers: the last up block of this U-Net has'],
  ])('%o is refused before anything runs', async (deepCache, message) => {
    await expect(painted({ deepCache })).rejects.toThrow(message);
    expect(runs).toEqual({ whole: 0, shallow: 0 });
  });
});
