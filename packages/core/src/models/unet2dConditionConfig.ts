// The settings of diffusers' UNet2DConditionModel that Stable Diffusion 1 and 2 use.

import { type ConfigReader, configReader } from './config.js';
import {
  readBlockTypes,
  readOddKernel,
  readUNetEncoderConfig,
  type UNetEncoderConfig,
  unetEncoderLayers,
} from './unetEncoderConfig.js';

const UP_TYPES = ['CrossAttnUpBlock2D', 'UpBlock2D'] as const;
const ATTENTION_TYPES = ['default', 'gated', 'gated-text-image'] as const;
const CLASS = 'UNet2DConditionModel';

/** Blocks of a U-Net's way up. */
export type UpBlockType = (typeof UP_TYPES)[number];

/** A config.json of diffusers with every default filled in and every list one entry a level. */
export interface UNet2dConditionConfig extends UNetEncoderConfig {
  readonly _class_name: typeof CLASS;
  /** Rows and columns of the latents that the network was trained on. */
  readonly sample_size: readonly [number, number] | number | null;
  readonly out_channels: number;
  readonly up_block_types: readonly UpBlockType[];
  readonly reverse_transformer_layers_per_block: readonly number[] | null;
  readonly conv_out_kernel: number;
  /** `gated` says that the checkpoint holds grounding layers (`position_net`, `fuser`), which plugins read. */
  readonly attention_type: (typeof ATTENTION_TYPES)[number];
}

/**
 * Reads the parsed config.json of a UNet2DConditionModel and fills in diffusers' defaults.
 * Throws an error naming the field where a value is wrong or asks for something not supported here.
 */
export function parseUNet2dConditionConfig(json: unknown): UNet2dConditionConfig {
  const read = configReader(json, CLASS);
  read.unsupportedUnless(UNSUPPORTED);
  const encoder = readUNetEncoderConfig(read);
  const levels = encoder.block_out_channels.length;
  return {
    _class_name: CLASS,
    sample_size: sampleSize(read),
    ...encoder,
    out_channels: read.integer('out_channels', 4),
    up_block_types: readBlockTypes(read, 'up_block_types', UP_TYPES, levels, (i) => (i > 0 ? 0 : 1)),
    reverse_transformer_layers_per_block: read.optionalIntegers(
      'reverse_transformer_layers_per_block',
      levels,
    ),
    conv_out_kernel: readOddKernel(read, 'conv_out_kernel'),
    attention_type: read.oneOf('attention_type', ATTENTION_TYPES, 'default'),
  };
}

/** What diffusers offers beyond Stable Diffusion 1 and 2, and beyond what `readUNetEncoderConfig` refuses. */
const UNSUPPORTED = {
  num_attention_heads: null,
  dual_cross_attention: false,
  resnet_skip_time_act: false,
  resnet_out_scale_factor: 1,
  time_embedding_type: 'positional',
  time_embedding_act_fn: null,
  timestep_post_act: null,
  class_embeddings_concat: false,
  cross_attention_norm: null,
} as const;

function sampleSize(read: ConfigReader): UNet2dConditionConfig['sample_size'] {
  const sides = read.optionalIntegers('sample_size', undefined);
  if (sides === null) return null;
  if (sides.length > 2) read.fail('sample_size', 'must be one number or [rows, columns]');
  if (sides.some((side) => side > MOST_SIDE)) {
    read.fail('sample_size', `must be at most ${MOST_SIDE}, not ${sides.join(' x ')}`);
  }
  return sides.length === 1 ? sides[0] : [sides[0], sides[1]];
}

/** The largest side of latents. */
const MOST_SIDE = 1024;

/** Sides of latents that diffusers takes where sample_size is null. */
const STANDARD_SIDE = 64;

/** Height and width of the latents that a U-Net was made for. */
export function latentSides({ sample_size }: UNet2dConditionConfig): readonly [number, number] {
  const side = sample_size ?? STANDARD_SIDE;
  return typeof side === 'number' ? [side, side] : side;
}

/** Channels that a U-Net reads for inpainting: the latents, the mask, and the latents of what is kept. */
export const inpaintingChannels = (latents: number): number => 2 * latents + 1;

/** Channels of the latents that a U-Net denoises. */
export const latentChannels = ({ in_channels, out_channels }: UNet2dConditionConfig): number =>
  Math.min(in_channels, out_channels);

/** Channels that a U-Net reads beside the latents: 0, or those of `inpaintingChannels`. */
export const conditionChannels = (config: UNet2dConditionConfig): number =>
  config.in_channels - latentChannels(config);

/** A lower bound of the resnets and transformers: those of the first half, twice. */
export function unetLayers(config: UNet2dConditionConfig): number {
  return 2 * unetEncoderLayers(config);
}
