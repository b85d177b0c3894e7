// What every row shares: the checkpoint, its pictures, and the supervising detector.

import { cp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { InputError } from '@spatiallock/cli/command';
import type { Backend } from '@spatiallock/core';
import { type LoadedModel, loadModel } from '@spatiallock/core/pipeline';
import {
  directory,
  isDirectory,
  makeFolder,
  nodeModules,
  standardDetectors,
  temporaryName,
} from '@spatiallock/node';
import { poi } from '@spatiallock/poi';
import {
  type GuidingSupervisor,
  openSupervisor,
  sampledStates,
  seedRanges,
} from '@spatiallock/research-harness';
import { labelOf, limits, loadArt, planScene } from '@spatiallock/scenes';
import {
  type DrawPictures,
  type DrawStates,
  pictureEncoder,
  type TextTable,
  textTable,
} from '@spatiallock/training';
import { trainingScenes, VARIETY } from './scenes.js';

export interface AblationSettings {
  /** Model directory that all rows start from; copied, for it may change. */
  readonly checkpoint: string;
  readonly steps: number;
  readonly batch: number;
  readonly peak: number;
  /** Scenes to train on. */
  readonly scenes: number;
  /** Held-out layouts that each row paints. */
  readonly count: number;
  /** Share of each of PoG's losses in training; their own default, 0.01, when absent. */
  readonly lambda?: number;
  /** Pictures of a step that the image path looks at, and the highest timestep of theirs; its own defaults when absent. */
  readonly pictures?: number;
  readonly maxTimestep?: number;
  /** How far PoG's guidance moves the latents; its own default when absent. */
  readonly guidanceStrength?: number;
  /** Denoising steps; the model's own number when absent. */
  readonly samplingSteps?: number;
  /** The weights of plugins begin from nothing: rows learn to place, rather than not to forget it. */
  readonly anew?: true;
}

export interface AblationContext {
  readonly backend: Backend;
  readonly folder: string;
  readonly settings: AblationSettings;
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
}

export interface Checkpoint {
  readonly model: LoadedModel;
  readonly height: number;
  readonly width: number;
  readonly texts: TextTable;
  readonly pictures: DrawPictures;
  /** States of its own sampling, of the same layouts; sampled when first asked for. */
  states(): Promise<DrawStates>;
  readonly supervisor: GuidingSupervisor;
}

const copyIn = (folder: string): string => join(folder, 'checkpoint');

/**
 * Copies the model that all rows start from into the folder, where it is complete or absent. Rejects where it is no model that can be
 * loaded.
 */
export async function copyCheckpoint({
  folder,
  settings: { checkpoint },
}: Pick<AblationContext, 'folder' | 'settings'>): Promise<void> {
  const copy = copyIn(folder);
  if (await isDirectory(copy)) return;
  if (!(await isDirectory(checkpoint))) throw new InputError(`--checkpoint: ${checkpoint} is not a folder`);
  await loadModel(directory(checkpoint), [poi()]);
  await makeFolder(folder);
  const part = temporaryName(copy);
  try {
    await cp(checkpoint, part, { recursive: true });
    await rename(part, copy);
  } finally {
    await rm(part, { recursive: true, force: true });
  }
}

/** Rejects where the checkpoint lacks a file or the judge trained the supervisor. */
export async function openCheckpoint(
  context: AblationContext,
  supervisor?: GuidingSupervisor,
): Promise<Checkpoint> {
  const { backend, folder, settings, signal } = context;
  const copy = copyIn(folder);
  const files = directory(copy);
  const model = await loadModel(files, [poi()]);
  const { unet, vae, tokenizer, textEncoder } = model;
  const side = unet.config.sample_size;
  if (typeof side !== 'number') throw new Error(`${copy}/unet/config.json: sample_size must be one number`);
  const pixels = side * vae.autoencoder.factor;
  const batch = Math.min(16, settings.scenes);
  const encoder = await pictureEncoder({
    backend,
    autoencoder: vae.autoencoder,
    weights: vae.params,
    size: { width: pixels, height: pixels },
    batch,
  });
  const art = await loadArt();
  const { scenes: count } = settings;
  const pictures = await trainingScenes({ art, encoder, batch, side: pixels, count, folder, signal });
  await encoder.dispose();
  const texts = await textTable({
    backend,
    tokenizer,
    config: textEncoder.config,
    weights: textEncoder.params,
    batch: settings.batch,
  });
  const { maxTimestep = 200 } = settings;
  const seed = seedRanges.ablation;
  const states = () => {
    const plans = Array.from({ length: settings.scenes }, (_, i) =>
      planScene(seed + i, { variety: VARIETY }),
    );
    return sampledStates({ backend, model, plans, seed, maxTimestep, folder, signal });
  };
  const guide = supervisor ?? (await standardSupervisor(backend));
  return { model, height: side, width: side, texts, pictures, states, supervisor: guide };
}

/** The `query` detector that guides the embedded model. */
async function standardSupervisor(backend: Backend): Promise<GuidingSupervisor> {
  const name = standardDetectors.guides.folder!;
  const files = await nodeModules().files!(name);
  return openSupervisor(backend, { files, name, labelOf, objects: limits.maxObjects });
}
