// Layouts to pictures, a batch at a time.

import type { Layout, Pipeline, RgbImage, StreamOptions } from '@spatiallock/core';
import { checkObject, checkWhole } from '@spatiallock/core/checks';
import { checkLayouts, checkPipe, checkSampleOptions } from './checkArguments.js';

/** What sampling uses of a pipeline. */
export type Generator = Pick<Pipeline, 'stream'>;

/** A picture with its layout and its seed. */
export interface SampledPicture {
  readonly layout: Layout;
  /** Alone with it, the layout gives this picture again. */
  readonly seed: number;
  readonly image: RgbImage;
  /** The picture's share of its batch's time: encoding, sampling, decoding; the first batch also compiles. */
  readonly milliseconds: number;
}

/** Options of `samplePictures`. */
export interface SampleOptions extends Omit<StreamOptions, 'seed' | 'signal' | 'objectSlots' | 'decode'> {
  /** Of the first picture. */
  readonly seed: number;
  /** The most pictures in a batch. */
  readonly batch: number;
  readonly signal: AbortSignal;
  /** Receives after each call of the U-Net how many pictures are done, in fractions. */
  readonly onProgress?: (pictures: number) => void;
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
  checkPipe(pipe, 'pipe');
  checkLayouts(layouts, 'layouts');
  checkSampleOptions(options);
  const pictures: SampledPicture[] = [];
  for (const each of batchesOf(layouts, options.batch)) {
    pictures.push(...(await sampleBatch(pipe, each, options)));
  }
  return pictures;
}

/** Some of the layouts to sample, as one batch. */
export interface Batch {
  /** Index of the first one among all layouts. */
  readonly first: number;
  readonly rows: readonly Layout[];
  /** Rows that the network computes; those beyond the layouts are copies. */
  readonly size: number;
  /** The most objects in any layout of all batches. */
  readonly objectSlots: number;
}

/** All layouts in batches of one size; pictures of a batch have one width and height, too, so that it ends where they change. */
export function batchesOf(layouts: readonly Layout[], most: number): Batch[] {
  checkLayouts(layouts, 'layouts');
  checkWhole(most, { min: 1, max: Number.MAX_SAFE_INTEGER }, 'most');
  const objectSlots = layouts.reduce((slots, { objects }) => Math.max(slots, objects.length), 0);
  return runsOf(layouts).flatMap(({ first: start, rows }) => {
    const size = batchSize(rows.length, most);
    return Array.from({ length: Math.ceil(rows.length / size) }, (_, i) => {
      const first = i * size;
      return { first: start + first, rows: rows.slice(first, first + size), size, objectSlots };
    });
  });
}

/** Layouts that follow each other and ask for one width and height. */
function runsOf(layouts: readonly Layout[]): { readonly first: number; readonly rows: Layout[] }[] {
  const runs: { readonly first: number; readonly rows: Layout[] }[] = [];
  for (const [i, layout] of layouts.entries()) {
    const last = runs.at(-1);
    const before = last?.rows[0];
    if (last && before?.width === layout.width && before?.height === layout.height) last.rows.push(layout);
    else runs.push({ first: i, rows: [layout] });
  }
  return runs;
}

/** Samples one batch; its pictures have the seeds from `seed + batch.first` on. */
export async function sampleBatch(
  pipe: Generator,
  batch: Batch,
  options: SampleOptions,
): Promise<SampledPicture[]> {
  checkPipe(pipe, 'pipe');
  checkLayouts(checkObject(batch, 'batch').rows, 'batch.rows');
  checkSampleOptions(options);
  const { first, rows, size, objectSlots } = batch;
  const { batch: _, onProgress, seed, signal, ...sampling } = options;
  const full = [...rows, ...new Array<Layout>(size - rows.length).fill(rows[0])];
  const begin = performance.now();
  const events = pipe.stream(full, { ...sampling, objectSlots, seed: seed + first, signal });
  let images: readonly RgbImage[] = [];
  for await (const { stepIndex, calls, images: done } of events) {
    onProgress?.(first + (rows.length * (stepIndex + 1)) / calls);
    images = done ?? images;
    signal.throwIfAborted();
  }
  const milliseconds = (performance.now() - begin) / rows.length;
  return rows.map((layout, row) => ({ layout, seed: seed + first + row, image: images[row], milliseconds }));
}

/** The size of all batches, so that the last has little to fill up: 10 with at most 8 are twice 5. */
export const batchSize = (count: number, most: number): number => Math.ceil(count / Math.ceil(count / most));
