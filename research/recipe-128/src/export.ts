// Writes the trained parts as a model directory in diffusers' layout, in half precision.

import type { Tensors } from '@spatiallock/core';
import { writeModelDirectory } from '@spatiallock/core/io';
import type { AutoencoderDcConfig } from '@spatiallock/core/models';
import { clipTokenizerFiles, wordsOf } from '@spatiallock/core/pipeline';
import { directory } from '@spatiallock/node';
import { type PerceptionConfig, pog } from '@spatiallock/pog';
import { poi } from '@spatiallock/poi';
import { allWords } from '@spatiallock/research-scenes-128';
import { partWeights, writePluginWeights } from '@spatiallock/training';
import { autoencoderConfig, schedulerConfig, TEXT_LENGTH, unetConfig } from './settings.js';
import { textConfig } from './text.js';
import { emojiTokenizer } from './vocabulary.js';

export interface TrainedParts {
  readonly autoencoder: Tensors;
  readonly text: Tensors;
  /** With PoI's weights, and PoG's where it took part. */
  readonly unet: Tensors;
  /** 1 / std of the latents. */
  readonly latentScale: number;
  /** Of the perception network that was trained beside the U-Net, if one was. */
  readonly perceptionConfig?: PerceptionConfig;
}

/** What the model needs, and how the pipeline samples it by default; guidance by the sweep in docs/sampling.md. */
const defaults = {
  name: 'spatiallock-emoji',
  steps: 25,
  guidanceScale: 5,
  guidanceInterval: { stop: 0.6, scaleAfter: 2 },
  guidanceRescale: 0.7,
  scheduler: 'ddim',
  version: 1,
  plugins: [{ module: '@spatiallock/poi' }, { module: '@spatiallock/pog', options: { recommended: 0.03 } }],
  detectors: {
    guides: {
      module: '@spatiallock/detectors/query',
      folder: '@spatiallock/research-model-128/detectors/query',
    },
    judges: {
      module: '@spatiallock/detectors/center',
      folder: '@spatiallock/research-model-128/detectors/center',
    },
  },
  vocabulary: 'tokenizer/words.json',
  license: 'MIT',
} as const;

/** Writes the directory; files are complete or absent, model_index.json comes last. */
export async function exportModel(folder: string, parts: TrainedParts): Promise<void> {
  const { write } = directory(folder);
  const json = (value: unknown): Uint8Array => Buffer.from(`${JSON.stringify(value, null, 2)}\n`);
  const vaeConfig: AutoencoderDcConfig = { ...autoencoderConfig, scaling_factor: parts.latentScale };
  const { perceptionConfig: config } = parts;
  const plugins = [poi(), pog({ training: { feature: { config } } })];
  const trained = partWeights(parts.unet, plugins);
  const words = [...new Set(allWords().flatMap(wordsOf))].filter((word) => /^[a-z0-9-]+$/.test(word)).sort();
  await writePluginWeights({ write }, trained, plugins, { float16: true });
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
        unet: { config: { ...unetConfig }, weights: trained.unet },
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
