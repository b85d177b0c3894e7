// The settings of diffusers' ControlNetModel: every field is honoured, without effect, or refused by name.

import { nearestName, showValue } from '@spatiallock/core/checks';
import type { JsonObject } from '@spatiallock/core/io';
import {
  type ConfigReader,
  configReader,
  readUNetEncoderConfig,
  type UNetEncoderConfig,
} from '@spatiallock/core/models';

const CLASS = 'ControlNetModel';
const CHANNEL_ORDERS = ['rgb', 'bgr'] as const;

/** A config.json of a ControlNetModel with every default filled in. */
export interface ControlNetConfig extends UNetEncoderConfig {
  /** Channels of the control image. */
  readonly conditioning_channels: number;
  readonly controlnet_conditioning_channel_order: (typeof CHANNEL_ORDERS)[number];
  /** Channels of the image's embedding; each entry but the first stands for a stride of 2. */
  readonly conditioning_embedding_out_channels: readonly number[];
  /** Whether what is added is averaged over the picture, to the conditional half alone. */
  readonly global_pool_conditions: boolean;
}

const HONOURED = [
  'in_channels',
  'conditioning_channels',
  'flip_sin_to_cos',
  'freq_shift',
  'down_block_types',
  'mid_block_type',
  'only_cross_attention',
  'block_out_channels',
  'layers_per_block',
  'downsample_padding',
  'norm_num_groups',
  'norm_eps',
  'cross_attention_dim',
  'transformer_layers_per_block',
  'attention_head_dim',
  'num_attention_heads',
  'use_linear_projection',
  'controlnet_conditioning_channel_order',
  'conditioning_embedding_out_channels',
  'global_pool_conditions',
];

/** Refused where they ask for more than Stable Diffusion 1 and 2 have, see `readUNetEncoderConfig`. */
const FIXED = [
  'act_fn',
  'mid_block_scale_factor',
  'encoder_hid_dim',
  'encoder_hid_dim_type',
  'class_embed_type',
  'addition_embed_type',
  'num_class_embeds',
  'resnet_time_scale_shift',
];

/** Fields that change nothing here, with the reason. */
export const fieldsWithoutEffect: Readonly<Record<string, string>> = {
  upcast_attention: 'attention is computed in float32',
  addition_time_embed_dim: 'is for addition_embed_type',
  addition_embed_type_num_heads: 'is for addition_embed_type',
  projection_class_embeddings_input_dim: 'is for class_embed_type',
};

const KNOWN = [...HONOURED, ...FIXED, ...Object.keys(fieldsWithoutEffect)];

/**
 * Reads the parsed config.json of a ControlNetModel and fills in diffusers' defaults. Throws an error that names the field
 * where it is not known, its value is wrong, or it asks for something that is not supported.
 */
export function parseControlNetConfig(json: unknown): ControlNetConfig {
  const read = configReader(json, CLASS);
  const fields = json as JsonObject;
  requireKnown(read, fields);
  if (read.isNull('mid_block_type')) {
    read.fail('mid_block_type', 'null is not supported; a ControlNet has a mid block');
  }
  return {
    ...readUNetEncoderConfig(withHeads(read, fields)),
    conditioning_channels: read.integer('conditioning_channels', 3),
    controlnet_conditioning_channel_order: read.oneOf(
      'controlnet_conditioning_channel_order',
      CHANNEL_ORDERS,
      'rgb',
    ),
    conditioning_embedding_out_channels: read.integers(
      'conditioning_embedding_out_channels',
      [16, 32, 96, 256],
    ),
    global_pool_conditions: read.boolean('global_pool_conditions', false),
  };
}

/** Pixels of the control image for each of the latents, along one side. */
export const imageFactor = ({ conditioning_embedding_out_channels: channels }: ControlNetConfig): number =>
  2 ** (channels.length - 1);

/** How many maps the decoder joins on: the output of `conv_in`, and those of each block with its downsampling. */
export const skipCount = ({ layers_per_block: layers }: ControlNetConfig): number =>
  layers.reduce((sum, count) => sum + count + 1, 0);

function requireKnown(read: ConfigReader, fields: JsonObject): void {
  for (const field of Object.keys(fields)) {
    if (field.startsWith('_') || KNOWN.includes(field)) continue;
    const near = nearestName(field, KNOWN);
    read.fail(
      field,
      `is not a field of ${CLASS} that is known; ${near === undefined ? 'remove it' : `did you mean ${near}?`}`,
    );
  }
}

/** `num_attention_heads`, where it is given, stands for the number of heads that `attention_head_dim` holds otherwise. */
function withHeads(read: ConfigReader, fields: JsonObject): ConfigReader {
  const channels = read.integers('block_out_channels', [320, 640, 1280, 1280]);
  const heads = read.optionalIntegers('num_attention_heads', channels.length);
  if (heads === null) return read;
  channels.forEach((width, level) => {
    if (width % heads[level] === 0) return;
    read.fail('num_attention_heads', `${showValue(heads[level])} heads do not divide ${width} channels`);
  });
  return configReader({ ...fields, attention_head_dim: heads }, CLASS);
}
