// What a config that says nothing means: the defaults of diffusers' and transformers' classes, and what no code is here for.

import { describe, expect, it } from 'vitest';
import {
  conditionChannels,
  latentChannels,
  latentSides,
  parseAutoencoderDcConfig,
  parseAutoencoderKlConfig,
  parseAutoencoderTinyConfig,
  parseClipTextConfig,
  parseUNet2dConditionConfig,
  unetLayers,
} from '../../src/entries/models.js';

describe('defaults', () => {
  it('of UNet2DConditionModel', () => {
    const cross = 'CrossAttnDownBlock2D';
    expect(parseUNet2dConditionConfig({})).toEqual({
      _class_name: 'UNet2DConditionModel',
      sample_size: null,
      in_channels: 4,
      out_channels: 4,
      center_input_sample: false,
      flip_sin_to_cos: true,
      freq_shift: 0,
      down_block_types: [cross, cross, cross, 'DownBlock2D'],
      mid_block_type: 'UNetMidBlock2DCrossAttn',
      up_block_types: ['UpBlock2D', 'CrossAttnUpBlock2D', 'CrossAttnUpBlock2D', 'CrossAttnUpBlock2D'],
      only_cross_attention: [false, false, false, false],
      block_out_channels: [320, 640, 1280, 1280],
      layers_per_block: [2, 2, 2, 2],
      downsample_padding: 1,
      norm_num_groups: 32,
      norm_eps: 1e-5,
      cross_attention_dim: 1280,
      transformer_layers_per_block: [1, 1, 1, 1],
      reverse_transformer_layers_per_block: null,
      attention_head_dim: [8, 8, 8, 8],
      use_linear_projection: false,
      time_embedding_dim: null,
      time_cond_proj_dim: null,
      conv_in_kernel: 3,
      conv_out_kernel: 3,
      attention_type: 'default',
    });
  });

  it('of AutoencoderKL', () => {
    expect(parseAutoencoderKlConfig({})).toEqual({
      _class_name: 'AutoencoderKL',
      in_channels: 3,
      out_channels: 3,
      down_block_types: ['DownEncoderBlock2D'],
      up_block_types: ['UpDecoderBlock2D'],
      block_out_channels: [64],
      layers_per_block: 1,
      latent_channels: 4,
      norm_num_groups: 32,
      scaling_factor: 0.18215,
      shift_factor: 0,
      use_quant_conv: true,
      use_post_quant_conv: true,
      mid_block_add_attention: true,
    });
  });

  it('of AutoencoderTiny', () => {
    expect(parseAutoencoderTinyConfig({})).toEqual({
      _class_name: 'AutoencoderTiny',
      in_channels: 3,
      out_channels: 3,
      encoder_block_out_channels: [64, 64, 64, 64],
      decoder_block_out_channels: [64, 64, 64, 64],
      latent_channels: 4,
      upsampling_scaling_factor: 2,
      num_encoder_blocks: [1, 3, 3, 3],
      num_decoder_blocks: [3, 3, 3, 1],
      latent_magnitude: 3,
      latent_shift: 0.5,
      scaling_factor: 1,
    });
  });

  it('of AutoencoderDC', () => {
    const widths = [128, 256, 512, 512, 1024, 1024];
    expect(parseAutoencoderDcConfig({})).toEqual({
      _class_name: 'AutoencoderDC',
      in_channels: 3,
      latent_channels: 32,
      encoder_block_types: 'ResBlock',
      decoder_block_types: 'ResBlock',
      encoder_block_out_channels: widths,
      decoder_block_out_channels: widths,
      encoder_layers_per_block: [2, 2, 2, 3, 3, 3],
      decoder_layers_per_block: [3, 3, 3, 3, 3, 3],
      downsample_block_type: 'pixel_unshuffle',
      upsample_block_type: 'pixel_shuffle',
      scaling_factor: 1,
    });
  });

  it('of CLIPTextModel', () => {
    expect(parseClipTextConfig({})).toEqual({
      architectures: ['CLIPTextModel'],
      model_type: 'clip_text_model',
      hidden_size: 512,
      intermediate_size: 2048,
      num_hidden_layers: 12,
      num_attention_heads: 8,
      vocab_size: 49408,
      max_position_embeddings: 77,
      hidden_act: 'quick_gelu',
      layer_norm_eps: 1e-5,
      bos_token_id: 49406,
      eos_token_id: 49407,
      pad_token_id: 1,
    });
  });
});

const parsers = {
  unet: parseUNet2dConditionConfig,
  kl: parseAutoencoderKlConfig,
  tiny: parseAutoencoderTinyConfig,
  dc: parseAutoencoderDcConfig,
  text: parseClipTextConfig,
} as const;

/** Settings with the only value that there is code for, and another one. */
const settings: readonly (readonly [keyof typeof parsers, string, only: unknown, other: unknown])[] = [
  ['unet', 'act_fn', 'silu', 'gelu'],
  ['unet', 'mid_block_scale_factor', 1, 0.5],
  ['unet', 'encoder_hid_dim', null, 768],
  ['unet', 'encoder_hid_dim_type', null, 'text_proj'],
  ['unet', 'class_embed_type', null, 'timestep'],
  ['unet', 'addition_embed_type', null, 'text_time'],
  ['unet', 'num_class_embeds', null, 10],
  ['unet', 'resnet_time_scale_shift', 'default', 'scale_shift'],
  ['unet', 'num_attention_heads', null, 8],
  ['unet', 'dual_cross_attention', false, true],
  ['unet', 'resnet_skip_time_act', false, true],
  ['unet', 'resnet_out_scale_factor', 1, 2],
  ['unet', 'time_embedding_type', 'positional', 'fourier'],
  ['unet', 'time_embedding_act_fn', null, 'silu'],
  ['unet', 'timestep_post_act', null, 'silu'],
  ['unet', 'class_embeddings_concat', false, true],
  ['unet', 'cross_attention_norm', null, 'layer_norm'],
  ['kl', 'act_fn', 'silu', 'relu'],
  ['kl', 'latents_mean', null, [0, 0, 0, 0]],
  ['kl', 'latents_std', null, [1, 1, 1, 1]],
  ['tiny', 'act_fn', 'relu', 'silu'],
  ['tiny', 'upsample_fn', 'nearest', 'bilinear'],
  ['tiny', 'shift_factor', 0, 0.1],
  ['dc', 'downsample_block_type', 'pixel_unshuffle', 'conv'],
  ['dc', 'upsample_block_type', 'pixel_shuffle', 'interpolate'],
  ['dc', 'decoder_conv_act_fn', 'relu', 'silu'],
  ['dc', 'encoder_out_shortcut', true, false],
  ['dc', 'decoder_in_shortcut', true, false],
  ['dc', 'encoder_block_types', 'ResBlock', 'EfficientViTBlock'],
  ['dc', 'decoder_block_types', 'ResBlock', ['ResBlock', 'EfficientViTBlock']],
  ['dc', 'decoder_norm_types', 'rms_norm', 'batch_norm'],
  ['dc', 'decoder_act_fns', 'silu', ['silu', 'relu']],
  ['text', 'model_type', 'clip_text_model', 'bert'],
];

describe('settings without code', () => {
  it.each(settings)('%s.%s is %j, or refused by name', (name, field, only, other) => {
    const parse = parsers[name];
    for (const value of [only, null, undefined]) expect(parse({ [field]: value })).toEqual(parse({}));
    expect(() => parse({ [field]: other })).toThrow(new RegExp(`config: ${field}: .*is not supported`));
  });

  it('are other fields where nobody reads them', () => {
    for (const parse of Object.values(parsers))
      expect(parse({ _name_or_path: 'x', extra: 1 })).toEqual(parse({}));
  });
});

describe('fields that must agree', () => {
  it.each<[keyof typeof parsers, object, string]>([
    [
      'kl',
      { block_out_channels: [64, 48], norm_num_groups: 32 },
      'block_out_channels: 48 is no multiple of norm_num_groups (32)',
    ],
    [
      'kl',
      { up_block_types: ['UpDecoderBlock2D', 'UpDecoderBlock2D'] },
      'up_block_types: has 2 entries for the 1 levels',
    ],
    [
      'tiny',
      { encoder_block_out_channels: [64, 64, 32, 64] },
      'encoder_block_out_channels: must be the same for every stage',
    ],
    [
      'tiny',
      { decoder_block_out_channels: [32, 32] },
      'num_decoder_blocks: has 4 entries for the 2 of decoder_block_out_channels',
    ],
    [
      'dc',
      { encoder_block_out_channels: [128] },
      'decoder_block_out_channels: must have 1 entries, as the encoder has',
    ],
    [
      'dc',
      { encoder_block_out_channels: [126, 130], decoder_block_out_channels: [8, 8] },
      'encoder_block_out_channels: 130 must be a multiple of 4',
    ],
    ['dc', { encoder_layers_per_block: [1, 2] }, 'encoder_layers_per_block: has 2 entries for 6 stages'],
    ['dc', { decoder_layers_per_block: [3, 3, 3, 0, 3, 3] }, 'decoder_layers_per_block: must be a list'],
    [
      'text',
      { hidden_size: 10, num_attention_heads: 4 },
      'num_attention_heads: 4 heads do not divide hidden_size (10)',
    ],
    ['unet', { norm_num_groups: 7 }, 'block_out_channels: 320 is no multiple of norm_num_groups (7)'],
    ['unet', { sample_size: [8, 8, 8] }, 'sample_size: must be one number or [rows, columns]'],
    ['unet', { sample_size: [8, 1025] }, 'sample_size: must be at most 1024, not 8 x 1025'],
  ])('%s: %j', (name, json, message) => {
    expect(() => parsers[name](json)).toThrow(message);
  });

  it('may begin with widths of any kind: a first stage unshuffles nothing', () => {
    const json = { encoder_block_out_channels: [126, 128], decoder_block_out_channels: [8, 8] };
    const layers = { encoder_layers_per_block: [0, 1], decoder_layers_per_block: [0, 1] };
    expect(parseAutoencoderDcConfig({ ...json, ...layers }).encoder_block_out_channels).toEqual([126, 128]);
  });
});

describe('what follows from a config', () => {
  it('sides of latents: 64 where none are said, one number for both, or rows and columns', () => {
    const sides = (sample_size: unknown) => latentSides(parseUNet2dConditionConfig({ sample_size }));
    expect([null, 8, [8, 12], [1024, 1]].map(sides)).toEqual([
      [64, 64],
      [8, 8],
      [8, 12],
      [1024, 1],
    ]);
  });

  it('channels of latents, and those beside them where a network inpaints', () => {
    const channels = (in_channels: number, out_channels: number) => {
      const config = parseUNet2dConditionConfig({ in_channels, out_channels });
      return [latentChannels(config), conditionChannels(config)];
    };
    expect([channels(4, 4), channels(9, 4), channels(4, 8)]).toEqual([
      [4, 0],
      [4, 5],
      [4, 0],
    ]);
  });

  it('layers at least: resnets and transformers of the first half, twice', () => {
    const config = parseUNet2dConditionConfig({
      layers_per_block: [1, 2, 3, 4],
      transformer_layers_per_block: [1, 2, 0, 5].map((count) => Math.max(1, count)),
    });
    // The last level has no attention.
    expect(unetLayers(config)).toBe(2 * (1 * 2 + 2 * 3 + 3 * 2 + 4));
  });
});
