// Every constant of the recipe.

import type { AutoencoderDcConfig } from '@spatiallock/core';

/** Pixels per side of a picture. */
export const IMAGE_SIZE = 128;

/** Seeds of scenes: each purpose draws from a range of its own. */
export const seedRanges = { autoencoder: 0, unet: 10_000_000, detector: 20_000_000 } as const;

export const autoencoderConfig: AutoencoderDcConfig = {
  _class_name: 'AutoencoderDC',
  in_channels: 3,
  latent_channels: 16,
  encoder_block_types: 'ResBlock',
  decoder_block_types: 'ResBlock',
  encoder_block_out_channels: [32, 32, 64, 128],
  decoder_block_out_channels: [32, 32, 64, 128],
  encoder_layers_per_block: [0, 1, 1, 1],
  decoder_layers_per_block: [0, 1, 2, 2],
  downsample_block_type: 'pixel_unshuffle',
  upsample_block_type: 'pixel_shuffle',
  scaling_factor: 1,
};
