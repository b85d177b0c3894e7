// Every constant of the recipe.

import {
  type AutoencoderDcConfig,
  parseUNet2dConditionConfig,
  type UNet2dConditionConfig,
} from '@spatiallock/core/models';

/** Pixels per side of a picture. */
export const IMAGE_SIZE = 128;

/** The most objects of a scene: slots beyond them stay empty. */
export const SCENE_OBJECTS = 6;

/** Tokens of a text, start and end included, and the width of their vectors. */
export const TEXT_LENGTH = 40;
export const TEXT_WIDTH = 128;

export const autoencoderConfig: AutoencoderDcConfig = {
  _class_name: 'AutoencoderDC',
  in_channels: 3,
  latent_channels: 16,
  encoder_block_types: 'ResBlock',
  decoder_block_types: 'ResBlock',
  encoder_block_out_channels: [32, 32, 64, 128],
  decoder_block_out_channels: [32, 32, 64, 128],
  encoder_layers_per_block: [0, 2, 3, 2],
  decoder_layers_per_block: [0, 4, 4, 2],
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

/** Convolutions alone on the 16 x 16 grid, attention and grounding on the 8 x 8 grid; PoI also injects at 16 x 16. */
export const unetConfig: UNet2dConditionConfig = parseUNet2dConditionConfig({
  _class_name: 'UNet2DConditionModel',
  sample_size: 16,
  in_channels: 16,
  out_channels: 16,
  down_block_types: ['DownBlock2D', 'CrossAttnDownBlock2D'],
  mid_block_type: 'UNetMidBlock2DCrossAttn',
  up_block_types: ['CrossAttnUpBlock2D', 'UpBlock2D'],
  block_out_channels: [96, 128],
  layers_per_block: [2, 1],
  attention_head_dim: 4,
  norm_num_groups: 16,
  cross_attention_dim: TEXT_WIDTH,
  use_linear_projection: true,
  attention_type: 'gated',
});
