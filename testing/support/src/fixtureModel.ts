// The fixtures' networks as a whole model directory: with a model_index.json, and a tokenizer of 600 tokens.

import type { FileSource } from '@spatiallock/core';
import { clipTokenizerFiles } from '@spatiallock/core/pipeline';
import { fixtureSource } from '@spatiallock/fixtures';

const components = {
  unet: ['diffusers', 'UNet2DConditionModel'],
  vae: ['diffusers', 'AutoencoderKL'],
  text_encoder: ['transformers', 'CLIPTextModel'],
  tokenizer: ['transformers', 'CLIPTokenizer'],
  scheduler: ['diffusers', 'PNDMScheduler'],
};

const bytesOf = (json: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(json));

/** Files that lie over those of the fixtures, by path; undefined hides one. */
export type Overlay = Readonly<Record<string, Uint8Array | undefined>>;

/** The fixtures' Stable-Diffusion-1-shaped set; `json` and `files` replace single files, undefined removes one. */
export function fixtureModel(json: Readonly<Record<string, unknown>> = {}, files: Overlay = {}): FileSource {
  const given = Object.entries(json).map(([path, value]) => [path, bytesOf(value)] as const);
  const tokenizer = Object.entries(smallTokenizer()).map(
    ([name, bytes]) => [`tokenizer/${name}`, bytes] as const,
  );
  const overlay: Overlay = {
    'model_index.json': bytesOf({
      _class_name: 'StableDiffusionGLIGENPipeline',
      ...components,
      // As libraries write it: the index names the class of the config.
      scheduler: [
        'diffusers',
        classNameIn(json['scheduler/scheduler_config.json']) ?? components.scheduler[1],
      ],
    }),
    ...Object.fromEntries(tokenizer),
    ...Object.fromEntries(given),
    ...files,
  };
  const base = fixtureSource('diffusers-sd1/');
  return {
    async read(path) {
      if (Object.hasOwn(overlay, path)) return overlay[path];
      return base.read(path === 'scheduler/scheduler_config.json' ? 'scheduler_config.json' : path);
    },
  };
}

/** Letters alone and at the ends of words, and the two special tokens at the ids that the fixtures expect. */
function smallTokenizer(): Readonly<Record<string, Uint8Array>> {
  const letters = Array.from({ length: 26 }, (_, i) => String.fromCharCode(97 + i));
  const tokens = [...letters, ...letters.map((letter) => `${letter}</w>`)];
  const vocab = Object.fromEntries(tokens.map((token, id) => [token, id]));
  return clipTokenizerFiles({
    vocab: { ...vocab, '<|startoftext|>': 598, '<|endoftext|>': 599 },
    merges: [],
  });
}

const classNameIn = (config: unknown): string | undefined =>
  (config as { readonly _class_name?: string } | undefined)?._class_name;
