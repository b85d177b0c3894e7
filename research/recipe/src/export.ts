// Writes the trained parts as a model directory in diffusers' layout, in half precision.

import type { Tensors } from '@spatiallock/core';
import { writeModelDirectory } from '@spatiallock/core/io';
import type { AutoencoderDcConfig } from '@spatiallock/core/models';
import { clipTokenizerFiles } from '@spatiallock/core/pipeline';
import { directory } from '@spatiallock/node';
import { poi } from '@spatiallock/poi';
import { allWords } from '@spatiallock/scenes';
import { partWeights, writePluginWeights } from '@spatiallock/training';
import { autoencoderConfig, distilledConfig, schedulerConfig, TEXT_LENGTH, unetConfig } from './settings.js';
import { TEXT_SCOPE, textConfig } from './text.js';
import { emojiTokenizer } from './vocabulary.js';

export interface TrainedParts {
  readonly autoencoder: Tensors;
  /** With PoI's weights, and the text encoder's under `TEXT_SCOPE`. */
  readonly network: Tensors;
  /** 1 / std of the latents. */
  readonly latentScale: number;
}

/** Only networks with distilled guidance have it. */
const DISTILLED = 'time_embedding.cond_proj.weight';

/**
 * Timesteps of the distilled network. Of the six calls that it learnt the first decides the background, and the others
 * can be fewer: what small objects lose, two calls for their details give back (research/recipe/README.md).
 */
const TIMESTEPS = [999, 833, 499, 249];

/** How the pipeline samples by default; the distilled network learnt the interval of its teacher. */
const sampling = {
  plain: { steps: 25, guidanceScale: 4, guidanceInterval: { stop: 0.6, scaleAfter: 2 } },
  distilled: {
    steps: TIMESTEPS.length,
    guidanceScale: 4,
    details: { below: 0.3125, steps: 3, strength: 0.67 },
  },
} as const;

/** What the model needs. */
const defaults = {
  name: 'spatiallock-emoji',
  scheduler: 'ddim',
  version: 1,
  plugins: [{ module: '@spatiallock/poi' }, { module: '@spatiallock/pog' }],
  detectors: {
    guides: { module: '@spatiallock/detectors/query', folder: '@spatiallock/detectors/weights/query' },
    judges: { module: '@spatiallock/detectors/center', folder: '@spatiallock/detectors/weights/center' },
  },
  vocabulary: 'tokenizer/words.json',
  license: 'MIT',
} as const;

/** Writes the directory; files are complete or absent, model_index.json comes last. */
export async function exportModel(folder: string, parts: TrainedParts): Promise<void> {
  const { write } = directory(folder);
  const json = (value: unknown): Uint8Array => Buffer.from(`${JSON.stringify(value, null, 2)}\n`);
  const vaeConfig: AutoencoderDcConfig = { ...autoencoderConfig, scaling_factor: parts.latentScale };
  const [text, network] = splitText(parts.network);
  const plugins = [poi()];
  const trained = partWeights(network, plugins);
  const distilled = Object.hasOwn(network, DISTILLED);
  const config = distilled ? distilledConfig : unetConfig;
  const words = allWords().filter((word) => /^[a-z0-9-]+$/.test(word));
  await writePluginWeights({ write }, trained, plugins, { float16: true });
  await write('spatiallock.json', json({ ...defaults, ...sampling[distilled ? 'distilled' : 'plain'] }));
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
        unet: { config: { ...config }, weights: trained.unet },
        vae: { config: { ...vaeConfig }, weights: parts.autoencoder },
        text_encoder: { config: { ...textConfig }, weights: text },
        tokenizer: {
          files: { ...clipTokenizerFiles(emojiTokenizer(TEXT_LENGTH)), 'words.json': json(words) },
        },
        scheduler: { config: distilled ? { ...schedulerConfig, timesteps: TIMESTEPS } : schedulerConfig },
      },
    },
    { float16: true },
  );
}

/** The text encoder's weights by their own names, and the others. */
function splitText(weights: Tensors): [Tensors, Tensors] {
  const entries = Object.entries(weights);
  const prefix = `${TEXT_SCOPE}.`;
  const text = entries.flatMap(([name, value]) =>
    name.startsWith(prefix) ? [[name.slice(prefix.length), value] as const] : [],
  );
  return [Object.fromEntries(text), Object.fromEntries(entries.filter(([name]) => !name.startsWith(prefix)))];
}
