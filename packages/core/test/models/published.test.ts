// The published networks of Stable Diffusion 1 and 2: built from their settings, they have their number of parameters.

import { describe, expect, it } from 'vitest';
import {
  autoencoderKl,
  autoencoderTiny,
  clipText,
  parseAutoencoderKlConfig,
  parseAutoencoderTinyConfig,
  parseClipTextConfig,
  parseUNet2dConditionConfig,
  unet2dCondition,
} from '../../src/entries/models.js';
import type { ParameterStore } from '../../src/entries/nn.js';
import { input, parameterStore, sizeOf } from '../../src/index.js';

function count({ params }: ParameterStore): number {
  return Object.values(params).reduce((total, { shape }) => total + sizeOf(shape), 0);
}

function unet(json: object, width: number) {
  const store = parameterStore();
  const out = unet2dCondition(store.scope, parseUNet2dConditionConfig(json), {
    sample: input('sample', [1, 4, 64, 64]),
    timestep: input('timestep', [1]),
    encoderHiddenStates: input('text', [1, 77, width]),
  });
  return { store, out };
}

describe('published networks', () => {
  it('U-Net of Stable Diffusion 1.5', () => {
    const { store, out } = unet({ cross_attention_dim: 768, sample_size: 64 }, 768);
    expect(out.shape).toEqual([1, 4, 64, 64]);
    expect(count(store)).toBe(859_520_964);
  });

  it('U-Net of Stable Diffusion 2.1: linear projections and heads for each level', () => {
    const { store } = unet(
      { cross_attention_dim: 1024, attention_head_dim: [5, 10, 20, 20], use_linear_projection: true },
      1024,
    );
    expect(count(store)).toBe(865_910_724);
    expect(store.params['down_blocks.0.attentions.0.proj_in.weight'].shape).toEqual([320, 320]);
  });

  it('AutoencoderKL of both', () => {
    const config = parseAutoencoderKlConfig({
      block_out_channels: [128, 256, 512, 512],
      down_block_types: Array.from({ length: 4 }, () => 'DownEncoderBlock2D'),
      up_block_types: Array.from({ length: 4 }, () => 'UpDecoderBlock2D'),
      layers_per_block: 2,
    });
    const store = parameterStore();
    const { mean } = autoencoderKl.encode(store.scope, config, input('image', [1, 3, 512, 512]));
    expect(mean.shape).toEqual([1, 4, 64, 64]);
    expect(autoencoderKl.decode(store.scope, config, mean).shape).toEqual([1, 3, 512, 512]);
    expect(count(store)).toBe(83_653_863);
  });

  it('TAESD', () => {
    const config = parseAutoencoderTinyConfig({});
    const store = parameterStore();
    const latents = autoencoderTiny.encode(store.scope, config, input('image', [1, 3, 512, 512]));
    expect(latents.shape).toEqual([1, 4, 64, 64]);
    expect(autoencoderTiny.decode(store.scope, config, latents).shape).toEqual([1, 3, 512, 512]);
    expect(count(store)).toBe(2_445_063);
  });

  it.each([
    ['CLIP ViT-L/14', { hidden_size: 768, intermediate_size: 3072, num_attention_heads: 12 }, 123_060_480],
    [
      'OpenCLIP ViT-H/14 less its last layer',
      {
        hidden_size: 1024,
        intermediate_size: 4096,
        num_attention_heads: 16,
        num_hidden_layers: 23,
        hidden_act: 'gelu',
      },
      340_387_840,
    ],
  ])('text encoder %s', (_, json, parameters) => {
    const store = parameterStore();
    clipText(store.scope, parseClipTextConfig(json), input('ids', [2, 77], 'int32'));
    expect(count(store)).toBe(parameters);
  });
});
