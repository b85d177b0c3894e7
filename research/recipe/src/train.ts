// The recipe of the embedded model: its stages, one after the other.

import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Backend, Tensors } from '@spatiallock/core';
import type { Art, PoolOptions } from '@spatiallock/scenes';
import { type StageContext, trainStage } from '@spatiallock/training';
import { autoencoderStage } from './autoencoder.js';
import { distillationStage } from './distillation.js';
import { exportModel } from './export.js';
import { type LatentCache, latentCache, latentScale } from './latentCache.js';
import { type NoiseTable, noiseTable } from './noiseTable.js';
import type { Runs } from './runs.js';
import { sceneFeed } from './sceneFeed.js';
import { autoencoderConfig, seedRanges } from './settings.js';
import { besideUNet, type Start } from './start.js';
import { textStage } from './text.js';
import { trainUntil } from './timeLimit.js';
import { unetStage } from './unet.js';

export const stageNames = ['text', 'autoencoder', 'unet', 'distillation'] as const;
export type StageName = (typeof stageNames)[number];

export interface Recipe {
  readonly backend: Backend;
  /** Encodes scenes while `backend` trains. */
  readonly encoder: Backend;
  readonly folder: string;
  readonly art: Art;
  readonly pool: PoolOptions;
  readonly runs: Runs;
  /** Trains its U-Net on; text encoder and autoencoder are there already. */
  readonly start?: Start;
  /** Scenes of the U-Net's range that earlier runs have seen. */
  readonly seen: number;
  /** The last stage that is wanted. */
  readonly last: StageName;
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
}

/** Trains all stages up to the last one wanted; writes `model/` whenever a state of the U-Net is kept. */
export async function trainGenerator(recipe: Recipe): Promise<void> {
  const { backend, encoder, folder, signal, say, runs, last, art, pool } = recipe;
  await mkdir(folder, { recursive: true });
  const context = { backend, folder, signal, onLine: say };
  const wants = (name: StageName): boolean => stageNames.indexOf(name) <= stageNames.indexOf(last);
  const noise = noiseTable();
  const start = recipe.start ?? (await trainParts(recipe, context, noise, wants('autoencoder')));
  if (!start || !wants('unet')) return;
  const { autoencoder } = start;
  const source = {
    backend: encoder,
    art,
    pool,
    signal,
    say,
    config: autoencoderConfig,
    weights: autoencoder,
  };
  const cacheFrom = (seen: number): LatentCache =>
    latentCache({ ...source, ...runs.cache, scale: start.latentScale, firstSeed: seedRanges.unet + seen });
  const onSave = async (network: Tensors): Promise<void> =>
    exportModel(join(folder, 'model'), { autoencoder, network, latentScale: start.latentScale });
  const taught = await withCache(cacheFrom(recipe.seen), (cache) =>
    trainUNet({ ...recipe, cache, noise, network: start.network, onSave }),
  );
  if (!wants('distillation')) return;
  const seen = recipe.seen + runs.cache.size + runs.unet.steps * runs.cache.fresh;
  await withCache(cacheFrom(seen), (cache) =>
    trainUntil(context, onSave, (ending) =>
      distillationStage(runs.distillation, { cache, noise, teacher: taught, ...ending }),
    ),
  );
}

/** Text encoder and autoencoder from nothing; undefined where the text encoder alone is wanted. */
async function trainParts(
  { encoder, art, pool, runs, signal, say }: Recipe,
  context: StageContext,
  noise: NoiseTable,
  further: boolean,
): Promise<Start | undefined> {
  const text = await trainStage(textStage(runs.text.steps), context);
  if (!further) return undefined;
  const feed = sceneFeed(art, seedRanges.autoencoder, pool);
  try {
    const weights = await trainStage(autoencoderStage(runs.autoencoder, { feed, noise }), context);
    const source = { backend: encoder, art, pool, signal, say, config: autoencoderConfig, weights };
    const scale = await latentScale({ ...source, firstSeed: seedRanges.unet });
    return { autoencoder: weights, latentScale: scale, network: besideUNet(text) };
  } finally {
    await feed.close();
  }
}

interface UNetTraining extends Recipe {
  readonly cache: LatentCache;
  readonly noise: NoiseTable;
  readonly network: Tensors;
  readonly onSave: (network: Tensors) => Promise<void>;
}

function trainUNet(training: UNetTraining): Promise<Tensors> {
  const { backend, folder, signal, say, runs, cache, noise, network, onSave } = training;
  // Scenes are drawn while the graph is compiled; a resumed run needs others.
  const begins = runs.unet.steps > 0 && !existsSync(join(folder, 'unet', 'state.safetensors'));
  if (begins) cache.advance(0).catch(() => undefined);
  return trainUntil({ backend, folder, signal, onLine: say }, onSave, (ending) =>
    unetStage(runs.unet, { cache, noise, start: network, ...ending }),
  );
}

async function withCache<T>(cache: LatentCache, work: (cache: LatentCache) => Promise<T>): Promise<T> {
  try {
    return await work(cache);
  } finally {
    await cache.close();
  }
}
