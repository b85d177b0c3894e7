// Layouts to pictures, a batch at a time.

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
  readonly onWarning?: (warning: string) => void;
}

/**
 * Samples a picture for each layout; picture i has the seed `seed + i`. All batches have one size and room for the same
 * number of objects, the last is filled up with copies: a graph of guidance takes gigabytes, so one serves them all.
 */
export async function samplePictures(
  pipe: Generator,
  layouts: readonly Layout[],
  options: SampleOptions,
): Promise<SampledPicture[]> {
  const { batch, onProgress, seed, signal, ...sampling } = options;
  const pictures: SampledPicture[] = [];
  const size = batchSize(layouts.length, batch);
  const objectSlots = Math.max(...layouts.map(({ objects }) => objects.length));
  while (pictures.length < layouts.length) {
    const first = pictures.length;
    const rows = layouts.slice(first, first + size);
    const full = [...rows, ...new Array<Layout>(size - rows.length).fill(rows[0])];
    const begin = performance.now();
    const events = await reading(() =>
      pipe.stream(full, { ...sampling, objectSlots, seed: seed + first, signal }),
    );
    let images: readonly RgbImage[] = [];
    for await (const { call, calls, images: done } of events) {
      onProgress?.(first + (rows.length * (call + 1)) / calls);
      images = done ?? images;
      signal.throwIfAborted();
    }
    const milliseconds = (performance.now() - begin) / rows.length;
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

/** The size of all batches, so that the last has little to fill up: 10 with at most 8 are twice 5. */
export const batchSize = (count: number, most: number): number => Math.ceil(count / Math.ceil(count / most));
