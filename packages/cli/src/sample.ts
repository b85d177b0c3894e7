// Layouts to pictures, a batch at a time.

import { setImmediate } from 'node:timers/promises';
import type { Layout } from '@spatiallock/core';
import type { RgbImage } from '@spatiallock/detectors';
import { reading } from './errors.js';
import type { SamplingRequest } from './request.js';
import type { Generator } from './services.js';

export interface SampledPicture {
  readonly layout: Layout;
  /** Alone with it, the layout gives this picture again. */
  readonly seed: number;
  readonly image: RgbImage;
  /** The picture's share of its batch's time: encoding, sampling, decoding; the first batch also compiles. */
  readonly milliseconds: number;
}

export interface SampleOptions extends SamplingRequest {
  /** The most pictures in a batch. */
  readonly batch: number;
  readonly signal: AbortSignal;
  /** Told after each call of the U-Net how many pictures are done, in fractions. */
  readonly onProgress?: (pictures: number) => void;
}

/** Samples a picture for each layout; picture i has the seed `seed + i`. */
export async function samplePictures(
  pipe: Generator,
  layouts: readonly Layout[],
  options: SampleOptions,
): Promise<SampledPicture[]> {
  const { batch, onProgress, seed, signal, ...sampling } = options;
  const pictures: SampledPicture[] = [];
  for (const size of batchSizes(layouts.length, batch)) {
    const first = pictures.length;
    const rows = layouts.slice(first, first + size);
    const begin = performance.now();
    const events = await reading(() => pipe.stream(rows, { ...sampling, seed: seed + first, signal }));
    let images: readonly RgbImage[] = [];
    for await (const { call, calls, images: done } of events) {
      onProgress?.(first + (size * (call + 1)) / calls);
      images = done ?? images;
      // The network runs on this thread: a pause lets a Ctrl-C be heard.
      await setImmediate();
      signal.throwIfAborted();
    }
    const milliseconds = (performance.now() - begin) / size;
    pictures.push(
      ...rows.map((layout, row) => ({
        layout,
        seed: seed + first + row,
        image: images[row],
        milliseconds,
      })),
    );
  }
  return pictures;
}

/** Batches of nearly equal size, so that few sizes have to be compiled: 10 with at most 8 are 5 and 5. */
export function batchSizes(count: number, most: number): number[] {
  const batches = Math.ceil(count / most);
  const small = Math.floor(count / batches);
  return Array.from({ length: batches }, (_, i) => small + (i < count - small * batches ? 1 : 0));
}
