// The pictures that all rows train on: scenes of the split 'train', encoded once by the checkpoint's autoencoder.

import { join } from 'node:path';
import { type RgbImage, tensor } from '@spatiallock/core';
import { readTensorsIfAny, writeTensors } from '@spatiallock/node';
import { seedRanges } from '@spatiallock/research-harness';
import { type Art, planScene, renderBatch } from '@spatiallock/scenes';
import type { DrawPictures, PictureEncoder } from '@spatiallock/training';

/** Of the pictures that rows train on, and of the layouts that they paint: hard objects are among both. */
export const VARIETY = 'mixed';

export interface TrainingScenes {
  readonly art: Art;
  readonly encoder: PictureEncoder;
  /** Pictures that the encoder takes at once. */
  readonly batch: number;
  /** Pixels per side. */
  readonly side: number;
  readonly count: number;
  readonly folder: string;
  readonly signal: AbortSignal;
}

/** Draws from `count` scenes, always the same; step and seed alone decide which. */
export async function trainingScenes(options: TrainingScenes): Promise<DrawPictures> {
  const { count } = options;
  const plans = Array.from({ length: count }, (_, i) =>
    planScene(seedRanges.ablation + i, { variety: VARIETY }),
  );
  const path = join(options.folder, 'latents.safetensors');
  const known = (await readTensorsIfAny(path))?.latents;
  const data = known ? (known.data as Float32Array) : await encodeAll(options);
  if (!known) await writeTensors(path, { latents: tensor(data, [count, data.length / count]) });
  const size = data.length / count;
  return (rows, rng) =>
    Array.from({ length: rows }, () => {
      const at = rng.int(count);
      const { caption, objects } = plans[at]!;
      return { caption, objects, latents: data.subarray(at * size, (at + 1) * size) };
    });
}

async function encodeAll({
  art,
  encoder,
  batch,
  side,
  count,
  signal,
}: TrainingScenes): Promise<Float32Array> {
  let all: Float32Array | undefined;
  for (let from = 0; from < count; from += batch) {
    signal.throwIfAborted();
    const seeds = Array.from(
      { length: Math.min(batch, count - from) },
      (_, i) => seedRanges.ablation + from + i,
    );
    const latents = await encoder.encode(
      imagesOf(renderBatch(art, seeds, { size: side, variety: VARIETY }).images, side),
    );
    all ??= new Float32Array(count * latents[0]!.length);
    latents.forEach((each, i) => {
      all!.set(each, (from + i) * each.length);
    });
  }
  return all!;
}

function imagesOf(bytes: Uint8Array, side: number): RgbImage[] {
  const size = 3 * side * side;
  return Array.from({ length: bytes.length / size }, (_, i) => ({
    width: side,
    height: side,
    channels: 3,
    data: new Uint8ClampedArray(bytes.subarray(i * size, (i + 1) * size)),
  }));
}
