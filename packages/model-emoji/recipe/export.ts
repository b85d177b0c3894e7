// Writes the trained parts as a model directory in diffusers' layout, in half precision.

import {
  type AutoencoderDcConfig,
  clipTokenizerFiles,
  float32ToFloat16,
  type Tensors,
  writeModelDirectory,
  writeSafetensors,
} from '@spatiallock/core';
import { directory } from '@spatiallock/node';
import { allWords, wordsOf } from '@spatiallock/scenes';
import { autoencoderConfig, schedulerConfig, TEXT_LENGTH, unetConfig } from './settings.js';
import { textConfig } from './text.js';
import { emojiTokenizer } from './vocabulary.js';

export interface TrainedParts {
  readonly autoencoder: Tensors;
  readonly text: Tensors;
  readonly unet: Tensors;
  /** 1 / deviation of the latents. */
  readonly latentScale: number;
}

/** How the pipeline samples this model unless it is told otherwise; guidance by the sweep in README.md. */
const defaults = { name: 'spatiallock-emoji', steps: 25, guidanceScale: 5, scheduler: 'ddim' } as const;

/** Writes the directory; files are complete or absent, model_index.json comes last. */
export async function exportModel(folder: string, parts: TrainedParts): Promise<void> {
  const { write } = directory(folder);
  const json = (value: unknown): Uint8Array => Buffer.from(`${JSON.stringify(value, null, 2)}\n`);
  const vaeConfig: AutoencoderDcConfig = { ...autoencoderConfig, scaling_factor: parts.latentScale };
  const isInjection = ([name]: [string, unknown]): boolean => name.split('.').includes('injection');
  const all = Object.entries(parts.unet);
  const unet = Object.fromEntries(all.filter((entry) => !isInjection(entry)));
  const injection = Object.fromEntries(all.filter(isInjection));
  const words = [...new Set(allWords().flatMap(wordsOf))].filter((word) => /^[a-z0-9-]+$/.test(word)).sort();
  await write('poi/diffusion_pytorch_model.safetensors', halfPrecision(injection));
  await write('spatiallock.json', json(defaults));
  await writeModelDirectory(
    { write },
    {
      index: {
        className: 'StableDiffusionGLIGENPipeline',
        components: {
          unet: { library: 'diffusers', className: 'UNet2DConditionModel' },
          vae: { library: 'diffusers', className: 'AutoencoderDC' },
          text_encoder: { library: 'transformers', className: 'CLIPTextModel' },
          tokenizer: { library: 'transformers', className: 'CLIPTokenizer' },
          scheduler: { library: 'diffusers', className: 'DDIMScheduler' },
        },
        settings: { _diffusers_version: '0.35.0', requires_safety_checker: false },
      },
      components: {
        unet: { config: { ...unetConfig }, weights: unet },
        vae: { config: { ...vaeConfig }, weights: parts.autoencoder },
        text_encoder: { config: { ...textConfig }, weights: withoutHead(parts.text) },
        tokenizer: {
          files: { ...clipTokenizerFiles(emojiTokenizer(TEXT_LENGTH)), 'words.json': json(words) },
        },
        scheduler: { config: schedulerConfig },
      },
    },
    { float16: true },
  );
}

function withoutHead(text: Tensors): Tensors {
  return Object.fromEntries(Object.entries(text).filter(([name]) => !name.startsWith('head.')));
}

function halfPrecision(tensors: Tensors): Uint8Array {
  const halved = Object.entries(tensors).map(([name, { shape, data }]) => [
    name,
    { dtype: 'float16' as const, shape, data: float32ToFloat16(data as Float32Array) },
  ]);
  return writeSafetensors(Object.fromEntries(halved));
}
