import { beforeAll, describe, expect, it } from 'vitest';
import { type Art, loadArt, renderBatch, scenePool, sceneStream, toTensor } from '../src/index.js';

let art: Art;
beforeAll(async () => {
  art = await loadArt();
});

describe('sceneStream', () => {
  it('gives the batches of this thread, in order, from worker threads', async () => {
    const read: Uint8Array[] = [];
    const seeds: number[] = [];
    const stream = sceneStream(art, { workers: 2, batch: 3, start: 40, batches: 4, split: 'heldout' });
    for await (const { images, plans } of stream) {
      read.push(images);
      seeds.push(...plans.map((plan) => plan.seed));
    }
    expect(seeds).toEqual(Array.from({ length: 12 }, (_, i) => 40 + i));
    expect(read[2]).toEqual(renderBatch(art, [46, 47, 48], { split: 'heldout' }).images);
  });

  it('ends its threads when the reader stops early', async () => {
    let count = 0;
    for await (const { plans } of sceneStream(art, { workers: 1, batch: 2 })) {
      count += plans.length;
      if (count >= 4) break;
    }
    expect(count).toBe(4);
  });

  it('reports wrong options and seeds', async () => {
    expect(() => scenePool(art, { workers: 0 })).toThrow('workers: 0');
    expect(() => scenePool(art, { workers: 1, background: 'moon' })).toThrow('background: "moon"');
    await expect(sceneStream(art, { batch: 0 }).next()).rejects.toThrow('batch: 0');
    const pool = scenePool(art, { workers: 1 });
    await expect(pool.render([-1])).rejects.toThrow('seed: -1');
    await expect(pool.render([3])).resolves.toHaveProperty('size', 128);
    await pool.close();
    await expect(pool.render([1])).rejects.toThrow('closed');
  });
});

describe('toTensor', () => {
  it('moves channels first and scales to -1..1', () => {
    const images = Uint8Array.from([0, 51, 255, 255, 102, 0, 0, 0, 0, 255, 255, 255]);
    const planes = [-1, 1, -1, 1, -0.6, -0.2, -1, 1, 1, -1, -1, 1];
    expect([...toTensor({ images, size: 2 })].map((value) => Number(value.toFixed(5)))).toEqual(planes);
    expect(() => toTensor({ images, size: 2 }, new Float32Array(3))).toThrow('out: holds 3');
  });
});
