// The recipe of the embedded model: its stages, one after the other, and what continues the published weights.

import { join } from 'node:path';
import { cpu } from '@spatiallock/backend-onnx';
import type { Tensors } from '@spatiallock/core';
import { loadModel } from '@spatiallock/core/pipeline';
import { directory } from '@spatiallock/node';
import { poi } from '@spatiallock/poi';
import { type CommandContext, type PogPaths, sampledStates, seedRanges } from '@spatiallock/research-harness';
import { modelDirectory } from '@spatiallock/research-model-128';
import { type Art, loadArt, planScene } from '@spatiallock/research-scenes-128';
import { type DrawStates, type StageContext, textTable, trainStage } from '@spatiallock/training';
import { autoencoderRun, autoencoderStage } from './autoencoder.js';
import { averageWeights } from './averageWeights.js';
import { decoderRun, decoderStage } from './decoder.js';
import { deeperUNet } from './deeperUNet.js';
import { exportModel } from './export.js';
import { CACHE_SIZE, LAST_FRESH_SEED, latentCache } from './latentCache.js';
import { MAX_TIMESTEP, pogSettings, sampledBeside } from './pog.js';
import { type PretrainedParts, readPretrained } from './pretrained.js';
import { writeProgress } from './report.js';
import { writeSamples } from './samples.js';
import { autoencoderConfig, unetConfig } from './settings.js';
import { sharpeningRun, sharpeningStage } from './sharpening.js';
import { textConfig, textStage, textTokenizer } from './text.js';
import { bankPictures, unetRun, unetStage } from './unet.js';

export interface EmojiRequest {
  /** Trains the published U-Net on; text encoder and autoencoder are kept. */
  readonly continued: boolean;
  /** Of the U-Net; the whole run's by default. */
  readonly steps?: number;
  readonly peak?: number;
  /** Paths of Position-Guided Learning that take part. */
  readonly pog?: PogPaths;
  /** Layouts whose states of the published model's own sampling the image path looks at, too. */
  readonly sampled?: number;
  /** Whether the published decoder, or its whole autoencoder, is trained on first. */
  readonly decoder: boolean;
  readonly sharpen: boolean;
  /** A model directory of the same network: the U-Net starts in the middle between its weights and the published. */
  readonly mean?: string;
}

/** Trains what the request asks for, and writes the model and samples of it whenever a checkpoint is kept. */
export async function trainEmoji(request: EmojiRequest, { signal, say }: CommandContext): Promise<void> {
  const published = request.continued ? await readPretrained(modelDirectory) : undefined;
  const folder = process.env.SPATIALLOCK_RUN ?? (published ? 'runs/emoji-continued' : 'runs/emoji');
  const art = await loadArt();
  const backend = cpu();
  const context: StageContext = { backend, folder, signal, onLine: say };

  const text = published?.text ?? (await trainStage(textStage(), context));
  const autoencoder = await trainAutoencoder(request, published, art, context);
  const cache = await latentCache({
    ...context,
    art,
    config: autoencoderConfig,
    weights: autoencoder,
    size: CACHE_SIZE,
    // What stays hard is among the wide scenes, which hold most of what plain ones do.
    variety: published ? 'wide' : 'mixed',
    firstSeed: published ? seedRanges.further : seedRanges.unet,
  });
  const latentScale = published?.latentScale ?? cache.scale;
  const texts = await textTable({
    backend,
    tokenizer: textTokenizer,
    config: textConfig,
    weights: text,
    batch: unetRun.batch,
  });
  const states = request.sampled === undefined ? undefined : await ownStates(request.sampled, context);
  const pog = await pogSettings(backend, request.pog, { autoencoder, latentScale });
  const show = async (unet: Tensors, done: number): Promise<void> => {
    const perceptionConfig = pog?.feature?.config;
    await exportModel(modelDirectory, { autoencoder, text, unet, latentScale, perceptionConfig });
    await writeSamples(modelDirectory, join(folder, 'samples', `step-${String(done).padStart(6, '0')}.png`));
    await writeProgress(folder, ['text', 'autoencoder', 'decoder', 'sharpening', 'unet']);
  };
  const scaled = { ...cache, scale: latentScale };
  const start = published && (await startOf(published, request.mean));
  const sampled = states && sampledBeside(states);
  const run = { ...unetRun, steps: request.steps ?? unetRun.steps, peak: request.peak ?? unetRun.peak };
  const parts = { cache: scaled, pictures: bankPictures(scaled), texts, pog, sampled, start };
  await trainStage({ ...unetStage(run, parts), onSave: show }, context);
}

/** The published autoencoder, or one from nothing; its decoder and then all of it trained on where that is wanted. */
async function trainAutoencoder(
  { decoder, sharpen }: EmojiRequest,
  published: PretrainedParts | undefined,
  art: Art,
  context: StageContext,
): Promise<Tensors> {
  const coarse = published?.autoencoder ?? (await trainStage(autoencoderStage(art, autoencoderRun), context));
  const finer = !published || decoder;
  const start = finer
    ? { ...coarse, ...(await trainStage(decoderStage(art, decoderRun, coarse), context)) }
    : coarse;
  if (published && !sharpen) return start;
  const { supervisorLikeness } = await import('./supervisor.js');
  const likeness = await supervisorLikeness(context.backend);
  const stage = sharpeningStage(art, sharpeningRun, start, likeness);
  const weights = await trainStage(stage, context);
  return Object.fromEntries(Object.entries(weights).filter(([name]) => !Object.hasOwn(stage.frozen!, name)));
}

/** Weights that a continued run starts from. */
async function startOf(published: PretrainedParts, mean: string | undefined): Promise<Tensors> {
  const deeper = deeperUNet(published.unet, published.unetConfig, unetConfig);
  return mean === undefined ? deeper : averageWeights(deeper, (await readPretrained(mean)).unet);
}

async function ownStates(count: number, { backend, folder, signal }: StageContext): Promise<DrawStates> {
  const model = await loadModel(directory(modelDirectory), [poi()]);
  const seed = seedRanges.further + LAST_FRESH_SEED;
  const plans = Array.from({ length: count }, (_, i) => planScene(seed + i, { variety: 'mixed' }));
  return sampledStates({ backend, model, plans, seed, maxTimestep: MAX_TIMESTEP, folder, signal });
}
