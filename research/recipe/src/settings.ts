// Every constant of the recipe.

import {
  type AutoencoderDcConfig,
  parseUNet2dConditionConfig,
  type UNet2dConditionConfig,
} from '@spatiallock/core/models';

/** Pixels per side of a picture. */
export const IMAGE_SIZE = 256;

/** Seeds of scenes, all of the split 'train': each purpose draws from a range of its own. */
export const seedRanges = {
  autoencoder: 100_000_000,
  unet: 200_000_000,
  text: 400_000_000,
  query: 500_000_000,
} as const;

/** The most objects of a scene: slots beyond them stay empty. */
export const SCENE_OBJECTS = 8;

/** Tokens of a caption, start and end included, and the width of their vectors. */
export const TEXT_LENGTH = 77;
export const TEXT_WIDTH = 160;
/** Tokens of a phrase while training. Attention is causal: padding behind the end changes no pooled vector. */
export const PHRASE_LENGTH = 12;

/** 16 times down, so that a picture of 256 pixels has 16 x 16 cells of 32 numbers. */
export const autoencoderConfig: AutoencoderDcConfig = {
  _class_name: 'AutoencoderDC',
  in_channels: 3,
  latent_channels: 32,
  encoder_block_types: 'ResBlock',
  decoder_block_types: 'ResBlock',
  encoder_block_out_channels: [32, 32, 64, 128, 128],
  decoder_block_out_channels: [32, 32, 64, 128, 128],
  encoder_layers_per_block: [0, 2, 3, 3, 2],
  decoder_layers_per_block: [0, 5, 6, 5, 3],
  downsample_block_type: 'pixel_unshuffle',
  upsample_block_type: 'pixel_shuffle',
  scaling_factor: 1,
};

/** Noise schedule and prediction type (our choice): cosine, velocity; Python's diffusers reads the same file. */
export const schedulerConfig = {
  _class_name: 'DDIMScheduler',
  num_train_timesteps: 1000,
  beta_schedule: 'squaredcos_cap_v2',
  beta_start: 0.0001,
  beta_end: 0.02,
  prediction_type: 'v_prediction',
  timestep_spacing: 'trailing',
  clip_sample: false,
  set_alpha_to_one: true,
  steps_offset: 0,
} as const;

/** Attention to the caption and grounding on both grids. */
export const unetConfig: UNet2dConditionConfig = parseUNet2dConditionConfig({
  _class_name: 'UNet2DConditionModel',
  sample_size: 16,
  in_channels: 32,
  out_channels: 32,
  down_block_types: ['CrossAttnDownBlock2D', 'CrossAttnDownBlock2D'],
  mid_block_type: 'UNetMidBlock2DCrossAttn',
  up_block_types: ['CrossAttnUpBlock2D', 'CrossAttnUpBlock2D'],
  block_out_channels: [128, 160],
  layers_per_block: 1,
  attention_head_dim: 4,
  norm_num_groups: 16,
  cross_attention_dim: TEXT_WIDTH,
  use_linear_projection: true,
  attention_type: 'gated',
});

/** Width of the vector that tells the distilled network its guidance scale. */
export const GUIDANCE_WIDTH = 128;
/** Calls of the sampler that the distilled network learns. */
export const DISTILLED_CALLS = 6;
export const distilledConfig: UNet2dConditionConfig = { ...unetConfig, time_cond_proj_dim: GUIDANCE_WIDTH };
