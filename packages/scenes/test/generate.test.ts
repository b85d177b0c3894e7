import { beforeAll, describe, expect, it, vi } from 'vitest';
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
    await expect(pool.render([3])).resolves.toHaveProperty('size', 256);
    await pool.close();
    await expect(pool.render([1])).rejects.toThrow('closed');
  });
});

describe('a pool', () => {
  it('whose threads have ended rejects what is asked of it, and is closed all the same', async () => {
    const workerUrl = new URL('nowhere.js', import.meta.url);
    const pool = scenePool(art, { workers: 2, workerUrl });
    await expect(Promise.all([pool.render([1]), pool.render([2])])).rejects.toThrow('nowhere.js');
    await vi.waitFor(() => expect(pool.render([3])).rejects.toThrow('nowhere.js'));
    await expect(sceneStream(art, { workers: 1, workerUrl }).next()).rejects.toThrow('nowhere.js');
    await pool.close();
  });

  it('goes on with the threads that are left', async () => {
    const source = `import { parentPort } from 'node:worker_threads';
      parentPort.on('message', ({ id, seeds }) => {
        if (seeds[0] === 0) process.exit(1);
        parentPort.postMessage({ id, batch: seeds });
      });`;
    const workerUrl = `data:text/javascript,${encodeURIComponent(source)}`;
    const pool = scenePool(art, { workers: 2, workerUrl });
    await expect(pool.render([0])).rejects.toThrow('scene worker: it ended before its batch was drawn');
    expect(await Promise.all([pool.render([1]), pool.render([2])])).toEqual([[1], [2]]);
    await pool.close();
  });

  it('waits for nothing that cannot be sent', async () => {
    const pool = scenePool(art, { workers: 1 });
    await expect(pool.render(5 as never)).rejects.toThrow('seeds: must be a list of seeds, not 5');
    await expect(pool.render([() => 1] as never)).rejects.toThrow('could not be cloned');
    await expect(pool.render([3])).resolves.toHaveProperty('size', 256);
    await pool.close();
  });

  it.each([
    ['ahead', Number.NaN],
    ['ahead', 0],
    ['batches', -1],
    ['batches', 1.5],
    ['start', -1],
  ])('streams nothing by a wrong %s: %s', async (name, value) => {
    await expect(sceneStream(art, { workers: 1, [name]: value }).next()).rejects.toThrow(
      `${name}: must be a whole number`,
    );
  });
});

describe('toTensor', () => {
  it('moves channels first and scales to -1..1', () => {
    const images = Uint8Array.from([0, 51, 255, 255, 102, 0, 0, 0, 0, 255, 255, 255]);
    const planes = [-1, 1, -1, 1, -0.6, -0.2, -1, 1, 1, -1, -1, 1];
    expect([...toTensor({ images, size: 2 })].map((value) => Number(value.toFixed(5)))).toEqual(planes);
    expect(() => toTensor({ images, size: 2 }, new Float32Array(3))).toThrow('out: holds 3');
    expect(() => toTensor({ images: images.subarray(2), size: 2 })).toThrow(
      'batch.images: holds 10 bytes, which are no RGB pictures of 2 x 2',
    );
    expect(() => toTensor({ images, size: 0 })).toThrow('batch.size: must be a whole number');
    expect(() => toTensor({ size: 2 } as never)).toThrow('batch.images: must be numbers');
    expect(() => toTensor({ images, size: 2 }, {} as never)).toThrow('out: must be numbers');
  });
});
