// Scenes as latents, encoded once: the U-Net's training data. Some are drawn anew at every step.

import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type Backend,
  type Executable,
  input,
  parameterStore,
  sizeOf,
  type Tensors,
  tensor,
} from '@spatiallock/core';
import { type AutoencoderDcConfig, encodeDc } from '@spatiallock/core/models';
import type { Random } from '@spatiallock/core/nn';
import { writeFileAtomically } from '@spatiallock/node';
import { latentRing, std } from '@spatiallock/research-harness';
import {
  type Art,
  planScene,
  renderBatch,
  type ScenePlan,
  toTensor,
  type Variety,
} from '@spatiallock/research-scenes-128';
import { IMAGE_SIZE } from './settings.js';

/** Scenes of the recipe's cache. */
export const CACHE_SIZE = 8_000;
const ENCODED_AT_ONCE = 16;
/** Scenes that may come later are chosen from so many groups, so that a resumed run does not see the same again. */
const FRESH_GROUPS = 200_000;
/** How far the seeds of the recipe's cache can reach beyond its first. */
export const LAST_FRESH_SEED = CACHE_SIZE + ENCODED_AT_ONCE * FRESH_GROUPS;

export interface LatentCache {
  /** Numbers of one scene's latents: [channels, height, width]. */
  readonly shape: readonly number[];
  readonly size: number;
  plan(index: number): ScenePlan;
  /** Unscaled latents of one scene. */
  latents(index: number): Float32Array;
  /** Draws scenes that the random numbers choose in place of the oldest. */
  refresh(rng: Random): Promise<void>;
  /** 1 / std of all latents. */
  readonly scale: number;
}

export interface LatentCacheOptions {
  readonly backend: Backend;
  readonly art: Art;
  readonly config: AutoencoderDcConfig;
  readonly weights: Tensors;
  readonly size: number;
  /** How much its boxes differ; default 'plain'. */
  readonly variety?: Variety;
  /** The seed of the first scene; the others follow it. */
  readonly firstSeed: number;
  readonly folder: string;
  readonly signal: AbortSignal;
}

/** Encodes `size` scenes, or reads them back from the folder. */
export async function latentCache(options: LatentCacheOptions): Promise<LatentCache> {
  const { size, art, folder, firstSeed, variety, signal } = options;
  const { encoder, shape } = await compileEncoder(options);
  const ring = latentRing<ScenePlan>(size, shape);
  const draw = async (first: number): Promise<void> => {
    const seeds = Array.from({ length: ENCODED_AT_ONCE }, (_, i) => first + i);
    const batch = renderBatch(art, seeds, { variety });
    const image = tensor(toTensor(batch), [ENCODED_AT_ONCE, 3, IMAGE_SIZE, IMAGE_SIZE]);
    const { latents } = await encoder.run({ image });
    ring.put(batch.plans, latents!.data as Float32Array);
  };
  const path = join(folder, 'latents.f32');
  if (existsSync(path)) {
    const bytes = await readFile(path);
    const kept = new Float32Array(ring.numbers.length);
    new Uint8Array(kept.buffer).set(bytes.subarray(0, kept.byteLength));
    const plans = Array.from({ length: size }, (_, i) => planScene(firstSeed + i, { variety }));
    ring.put(plans, kept);
  } else {
    while (ring.drawn < size) {
      signal.throwIfAborted();
      await draw(firstSeed + ring.drawn);
      if (ring.drawn % 1600 === 0) process.stdout.write(`latents ${ring.drawn}/${size}\n`);
    }
    await writeFileAtomically(path, new Uint8Array(ring.numbers.buffer));
  }
  return {
    shape,
    size,
    plan: ring.plan,
    latents: ring.latents,
    refresh: (rng) => draw(firstSeed + size + ENCODED_AT_ONCE * rng.int(FRESH_GROUPS)),
    scale: 1 / std(ring.numbers.subarray(0, 2000 * sizeOf(shape))),
  };
}

async function compileEncoder({ backend, config, weights }: LatentCacheOptions): Promise<{
  encoder: Executable;
  shape: readonly number[];
}> {
  const store = parameterStore();
  const image = input('image', [ENCODED_AT_ONCE, 3, IMAGE_SIZE, IMAGE_SIZE]);
  const latents = encodeDc(store.scope, config, image);
  const graph = { inputs: { image }, params: store.params, outputs: { latents } };
  return { encoder: await backend.compile(graph, weights), shape: latents.shape.slice(1) };
}
