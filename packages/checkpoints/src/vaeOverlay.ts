// Another autoencoder in the place of a model's own.

import type { FileSource, Tensors } from '@spatiallock/core';
import { checkFiles, checkObject } from '@spatiallock/core/checks';
import { type JsonObject, readJsonFile } from '@spatiallock/core/io';
import { type Checkpoint, requireKind } from './checkpoint.js';
import { partShapes, partTensors } from './components.js';
import { tinyConfig, vaeConfig } from './configs.js';
import { overlaid } from './overlay.js';

/** An autoencoder: its config.json and its parameters in diffusers' names. */
export interface VaeSource {
  readonly config: JsonObject;
  /** The autoencoder's tensors in diffusers' names. */
  weights(): Promise<Tensors>;
}

/**
 * The autoencoder of a file: alone, in a whole model, or TAESD's decoder. `config` replaces what the shapes tell, unless it is
 * of the other kind.
 */
export function vaeOfFile(given: Checkpoint, config?: JsonObject): VaeSource {
  const file = requireKind(given, ['vae', 'tiny-vae', 'model'], 'an autoencoder (VAE) or TAESD');
  const shapes = partShapes(file, 'vae');
  const tiny = file.identity.kind === 'tiny-vae';
  const isOfKind = config !== undefined && (config._class_name === 'AutoencoderTiny') === tiny;
  const first = tiny ? 'decoder.layers.0.weight' : 'decoder.conv_in.weight';
  if (!Object.hasOwn(shapes, first)) {
    throw new Error(
      `${file.name}: holds no decoder${tiny ? "; TAESD's is in taesd_decoder.safetensors" : ', which makes the picture'}`,
    );
  }
  return {
    config: isOfKind ? config : tiny ? tinyConfig(shapes) : vaeConfig(shapes),
    weights: () => partTensors(file, 'vae'),
  };
}

/** The model with that autoencoder; model_index.json follows it. */
export async function withVae(base: FileSource, vae: VaeSource): Promise<FileSource> {
  checkFiles(base, 'base');
  checkObject(checkObject(vae, 'vae').config, 'vae.config');
  const { config, weights } = vae;
  const index = await readJsonFile(base, 'model_index.json');
  const className = config._class_name ?? 'AutoencoderKL';
  return overlaid(base, {
    files: { 'model_index.json': { ...index, vae: ['diffusers', className] }, 'vae/config.json': config },
    weights: { vae: weights },
  });
}
