// Scenes as latents: the U-Net's training data. At every step some are replaced by new ones, in the order of seeds.

import { type Backend, input, parameterStore, type Tensors } from '@spatiallock/core';
import { type AutoencoderDcConfig, encodeDc } from '@spatiallock/core/models';
import { latentRing, std } from '@spatiallock/research-harness';
import type { Art, PoolOptions, ScenePlan } from '@spatiallock/scenes';
import { packPixels, unpackPixels } from './pixels.js';
import { SCENES_AT_ONCE, sceneFeed } from './sceneFeed.js';
import { IMAGE_SIZE } from './settings.js';

export interface SceneCacheOptions {
  /** Scenes that are kept; a multiple of `SCENES_AT_ONCE`. */
  readonly size: number;
  /** New scenes at every step; they come `SCENES_AT_ONCE` together, as soon as one of them is due. */
  readonly fresh: number;
  /** What latents are multiplied by, see `latentScale`. */
  readonly scale: number;
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
}

interface SceneSource {
  readonly backend: Backend;
  readonly art: Art;
  readonly config: AutoencoderDcConfig;
  readonly weights: Tensors;
  readonly firstSeed: number;
  readonly pool: PoolOptions;
}

export interface LatentCache {
  /** [channels, height, width] */
  readonly shape: readonly number[];
  readonly size: number;
  readonly scale: number;
  plan(index: number): ScenePlan;
  /** Scaled latents of one scene; a view that later steps overwrite. */
  latents(index: number): Float32Array;
  /** Fills the cache, or replaces its oldest scenes, until it is what a step from 0 sees: the same for a resumed run. */
  advance(step: number): Promise<void>;
  close(): Promise<void>;
}

/** A cache that is filled when the first step asks for it. */
export const latentCache = (options: SceneCacheOptions & SceneSource): LatentCache =>
  sceneCache(options, latentShape(options.config), (scene) =>
    encodedScenes(options, options.firstSeed + scene),
  );

/** As `latentCache`, of the scenes that `open` gives from the scene of that number on. */
export function sceneCache(
  { size, fresh, scale, signal, say }: SceneCacheOptions,
  shape: readonly number[],
  open: (scene: number) => Promise<EncodedScenes>,
): LatentCache {
  let ring = latentRing<ScenePlan>(size, shape);
  let opening: Promise<EncodedScenes> | undefined;
  const draw = async (from: EncodedScenes): Promise<void> => {
    signal.throwIfAborted();
    const { latents, plans } = await from.next();
    ring.put(plans, latents, scale);
  };
  const fill = async (step: number): Promise<EncodedScenes> => {
    // What the steps before have drawn beyond the first scenes, and where: which scene a step draws goes by its place.
    const replaced = SCENES_AT_ONCE * Math.ceil((step * fresh) / SCENES_AT_ONCE);
    const opened = await open(replaced);
    ring = latentRing(size, shape, replaced);
    while (ring.drawn < replaced + size) {
      await draw(opened);
      const filled = ring.drawn - replaced;
      if (filled % Math.ceil(size / 4) < SCENES_AT_ONCE) say(`scenes ${filled}/${size}`);
    }
    return opened;
  };
  return {
    shape,
    size,
    scale,
    plan: (index) => ring.plan(index),
    latents: (index) => ring.latents(index),
    async advance(to) {
      opening ??= fill(to);
      const source = await opening;
      while (ring.drawn < size + to * fresh) await draw(source);
    },
    close: async () => (await opening?.catch(() => undefined))?.close(),
  };
}

/** 1 / std of the latents of some scenes: the same for the same seed. */
export async function latentScale(options: SceneSource): Promise<number> {
  const scenes = await encodedScenes(options, options.firstSeed);
  try {
    return 1 / std((await scenes.next()).latents);
  } finally {
    await scenes.close();
  }
}

export interface EncodedScenes {
  /** The next `SCENES_AT_ONCE` scenes. */
  next(): Promise<{ readonly latents: Float32Array; readonly plans: readonly ScenePlan[] }>;
  close(): Promise<void>;
}

async function encodedScenes(
  { backend, art, config, weights, pool }: Omit<SceneSource, 'firstSeed'>,
  start: number,
): Promise<EncodedScenes> {
  const store = parameterStore();
  const pixels = input('pixels', [SCENES_AT_ONCE, 1, IMAGE_SIZE, IMAGE_SIZE]);
  const graph = {
    inputs: { pixels },
    params: store.params,
    outputs: { latents: encodeDc(store.scope, config, unpackPixels(pixels)) },
  };
  const own = Object.fromEntries(Object.keys(store.params).map((name) => [name, weights[name]!]));
  const encoder = await backend.compile(graph, own);
  const feed = sceneFeed(art, start, pool);
  return {
    async next() {
      const { images, plans } = await feed.next();
      const { latents } = await encoder.run({ pixels: packPixels(images, IMAGE_SIZE) });
      return { latents: latents!.data as Float32Array, plans };
    },
    async close() {
      await feed.close();
      await encoder.dispose();
    },
  };
}

const latentShape = (config: AutoencoderDcConfig): readonly number[] =>
  encodeDc(parameterStore().scope, config, input('image', [1, 3, IMAGE_SIZE, IMAGE_SIZE])).shape.slice(1);
