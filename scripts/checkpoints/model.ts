// A random Stable Diffusion 1.4 with GLIGEN's layers, in its real sizes and names: its weights cannot be had everywhere.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { clipVocabulary } from '@spatiallock/checkpoints';
import { input, parameterStore, sizeOf, type Tensor, type Tensors, type Values } from '@spatiallock/core';
import { parseClipTextConfig, parseUNet2dConditionConfig } from '@spatiallock/core/models';
import { random } from '@spatiallock/core/nn';
import { clipTokenizerFiles, latentAutoencoder, textGraph, unetGraph } from '@spatiallock/core/pipeline';
import { streamTensors, writeFileAtomically } from '@spatiallock/node';
import { poi } from '@spatiallock/poi';

export interface ModelSize {
  /** Channels of the U-Net's first level, a multiple of 32; default 320, as in Stable Diffusion. */
  readonly width?: number;
  /** Latents a side; default 64, pictures of 512 pixels. */
  readonly side?: number;
}

/** As in CompVis/stable-diffusion-v1-4 and in GLIGEN's folders of diffusers, where the size is not another. */
const configsOf = (width: number, side: number) =>
  ({
    unet: {
      _class_name: 'UNet2DConditionModel',
      sample_size: side,
      in_channels: 4,
      out_channels: 4,
      block_out_channels: [1, 2, 4, 4].map((n) => n * width),
      down_block_types: [
        'CrossAttnDownBlock2D',
        'CrossAttnDownBlock2D',
        'CrossAttnDownBlock2D',
        'DownBlock2D',
      ],
      up_block_types: ['UpBlock2D', 'CrossAttnUpBlock2D', 'CrossAttnUpBlock2D', 'CrossAttnUpBlock2D'],
      layers_per_block: 2,
      attention_head_dim: 8,
      cross_attention_dim: 768,
      norm_num_groups: 32,
      attention_type: 'gated',
    },
    vae: {
      _class_name: 'AutoencoderKL',
      in_channels: 3,
      out_channels: 3,
      latent_channels: 4,
      block_out_channels: [128, 256, 512, 512],
      down_block_types: Array.from({ length: 4 }, () => 'DownEncoderBlock2D'),
      up_block_types: Array.from({ length: 4 }, () => 'UpDecoderBlock2D'),
      layers_per_block: 2,
      norm_num_groups: 32,
      scaling_factor: 0.18215,
      sample_size: 8 * side,
    },
    text_encoder: {
      architectures: ['CLIPTextModel'],
      vocab_size: 49408,
      hidden_size: 768,
      intermediate_size: 3072,
      num_hidden_layers: 12,
      num_attention_heads: 12,
      max_position_embeddings: 77,
      hidden_act: 'quick_gelu',
      layer_norm_eps: 1e-5,
    },
  }) as const;

type Configs = ReturnType<typeof configsOf>;

const scheduler = {
  _class_name: 'DDIMScheduler',
  beta_start: 0.00085,
  beta_end: 0.012,
  beta_schedule: 'scaled_linear',
  num_train_timesteps: 1000,
  steps_offset: 1,
  set_alpha_to_one: false,
  clip_sample: false,
};

const index = {
  _class_name: 'StableDiffusionGLIGENPipeline',
  unet: ['diffusers', 'UNet2DConditionModel'],
  vae: ['diffusers', 'AutoencoderKL'],
  text_encoder: ['transformers', 'CLIPTextModel'],
  tokenizer: ['transformers', 'CLIPTokenizer'],
  scheduler: ['diffusers', 'DDIMScheduler'],
};

/** Writes the model directory, with weights of 4 or of 2 bytes. */
export async function writeFullSize(
  folder: string,
  dtype: 'float32' | 'float16',
  { width = 320, side = 64 }: ModelSize = {},
): Promise<void> {
  const configs = configsOf(width, side);
  const json = (path: string, value: unknown) =>
    writeFileAtomically(join(folder, path), `${JSON.stringify(value, null, 2)}\n`);
  for (const [name, params] of Object.entries(parameters(configs))) {
    const file = name === 'text_encoder' ? 'model' : 'diffusion_pytorch_model';
    await streamTensors(join(folder, name, `${file}.safetensors`), tensorsOf(params), { dtype });
    await json(join(name, 'config.json'), configs[name as keyof Configs]);
  }
  await json('scheduler/scheduler_config.json', scheduler);
  for (const [name, content] of Object.entries(clipTokenizerFiles(clipVocabulary(clipMerges())))) {
    await writeFileAtomically(join(folder, 'tokenizer', name), content);
  }
  await json('model_index.json', index);
}

const clipMerges = (): string =>
  readFileSync(
    createRequire(import.meta.url).resolve('@spatiallock/checkpoints/assets/clip-merges.txt'),
    'utf8',
  );

/** The parameters of each network, by the names of diffusers. */
function parameters(configs: Configs): Readonly<Record<keyof Configs, Values>> {
  const vae = parameterStore();
  const autoencoder = latentAutoencoder('AutoencoderKL', configs.vae);
  autoencoder.decode(vae.scope, input('latents', [1, 4, 8, 8]));
  autoencoder.encode(vae.scope, input('image', [1, 3, 64, 64]));
  const sizes = { batch: 1, height: 8, width: 8, tokens: 77, objects: 30 };
  return {
    unet: unetGraph(parseUNet2dConditionConfig(configs.unet), [poi({ injection: false })], sizes, () => false)
      .params,
    vae: vae.params,
    text_encoder: textGraph(parseClipTextConfig(configs.text_encoder), 77).params,
  };
}

const NOISE = 1 << 16;
const rng = random(0);
/** Near the spread of trained weights; repeated, for a thousand million draws would take minutes. */
const noise = Float32Array.from({ length: NOISE }, () => 0.02 * rng.normal());

function tensorsOf(params: Values): Tensors {
  return Object.fromEntries(Object.entries(params).map(([name, { shape }]) => [name, drawn(name, shape)]));
}

function drawn(name: string, shape: Tensor['shape']): Tensor {
  const size = sizeOf(shape);
  return {
    dtype: 'float32',
    shape,
    get data() {
      if (/norm\d*\.weight$|norm_out\.weight$/.test(name)) return new Float32Array(size).fill(1);
      const data = new Float32Array(size);
      for (let at = 0; at < size; at += NOISE) data.set(noise.subarray(0, Math.min(NOISE, size - at)), at);
      return data;
    },
  };
}
