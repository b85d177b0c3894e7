// Another autoencoder in the place of a model's own.

import type { FileSource, Tensors } from '@spatiallock/core';
import { checkFiles, checkObject } from '@spatiallock/core/checks';
import { type JsonObject, readJsonFile } from '@spatiallock/core/io';
import { type Checkpoint, fileName, requireKind } from './checkpoint.js';
import { partShapes, partTensors } from './components.js';
import { tinyConfig, vaeConfig } from './configs.js';
import { overlaid } from './overlay.js';

/** An autoencoder: its config.json and its parameters in diffusers' names. */
export interface VaeSource {
  readonly config: JsonObject;
  /** The autoencoder's tensors in diffusers' names. */
  weights(): Promise<Tensors>;
}

/** What latents of Stable Diffusion XL are multiplied by; its autoencoder has the shapes of the one of 1.x and 2.x. */
const XL_SCALING = 0.13025;
const XL = 'is the autoencoder of Stable Diffusion XL';
const XL_REMEDY = 'whose latents are others; give one of Stable Diffusion 1.x or 2.x';

/**
 * The autoencoder of a file: alone, in a whole model, or TAESD's decoder. `config` replaces what the shapes tell, unless it is
 * of the other kind. Throws where the file holds no decoder, or is of Stable Diffusion XL by its name, if no `config` says otherwise.
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
  if (!isOfKind && /sd_?xl/i.test(fileName(file))) {
    throw new Error(`${file.name}: ${XL} by its name, ${XL_REMEDY}`);
  }
  return {
    config: isOfKind ? config : tiny ? tinyConfig(shapes) : vaeConfig(shapes),
    weights: () => partTensors(file, 'vae'),
  };
}

/** The model with that autoencoder; model_index.json follows it. Rejects where it is the one of Stable Diffusion XL. */
export async function withVae(base: FileSource, vae: VaeSource): Promise<FileSource> {
  checkFiles(base, 'base');
  checkObject(checkObject(vae, 'vae').config, 'vae.config');
  const { config, weights } = vae;
  if (config.scaling_factor === XL_SCALING) {
    throw new Error(`vae: ${XL} (scaling_factor ${XL_SCALING}), ${XL_REMEDY}`);
  }
  const index = await readJsonFile(base, 'model_index.json');
  const className = config._class_name ?? 'AutoencoderKL';
  return overlaid(base, {
    files: { 'model_index.json': { ...index, vae: ['diffusers', className] }, 'vae/config.json': config },
    weights: { vae: weights },
  });
}
