// The settings of the U-Net's first half, which other networks of diffusers share with it, such as ControlNetModel.

import { showValue } from '../checks/showValue.js';
import { type ConfigReader, EPSILON, MOST_LAYERS } from './config.js';

const DOWN_TYPES = ['CrossAttnDownBlock2D', 'DownBlock2D'] as const;
const MID_TYPES = ['UNetMidBlock2DCrossAttn', 'UNetMidBlock2D'] as const;

/** Blocks of a U-Net's way down. */
export type DownBlockType = (typeof DOWN_TYPES)[number];
/** Blocks in the middle of a U-Net. */
export type MidBlockType = (typeof MID_TYPES)[number];

/** What `unetEncoder` is built by: every default is filled in, every list has one entry a level. */
export interface UNetEncoderConfig {
  readonly in_channels: number;
  /** Whether the sample is mapped from 0..1 to -1..1 first. */
  readonly center_input_sample: boolean;
  readonly flip_sin_to_cos: boolean;
  readonly freq_shift: number;
  readonly down_block_types: readonly DownBlockType[];
  readonly mid_block_type: MidBlockType | null;
  readonly only_cross_attention: readonly boolean[];
  readonly block_out_channels: readonly number[];
  readonly layers_per_block: readonly number[];
  readonly downsample_padding: number;
  readonly norm_num_groups: number;
  readonly norm_eps: number;
  readonly cross_attention_dim: number;
  readonly transformer_layers_per_block: readonly number[];
  /** The NUMBER of heads of each level: a quirk of these checkpoints. */
  readonly attention_head_dim: readonly number[];
  readonly use_linear_projection: boolean;
  readonly time_embedding_dim: number | null;
  /** Width of the guidance embedding of networks whose guidance was distilled (LCM); null: there is none. */
  readonly time_cond_proj_dim: number | null;
  readonly conv_in_kernel: number;
}

/** What diffusers offers beyond Stable Diffusion 1 and 2. */
const UNSUPPORTED = {
  act_fn: 'silu',
  mid_block_scale_factor: 1,
  encoder_hid_dim: null,
  encoder_hid_dim_type: null,
  class_embed_type: null,
  addition_embed_type: null,
  num_class_embeds: null,
  resnet_time_scale_shift: 'default',
} as const;

/**
 * Reads the fields of a config.json, with the defaults of UNet2DConditionModel. Throws an error that names the field where
 * a value is wrong or asks for something not supported here.
 */
export function readUNetEncoderConfig(read: ConfigReader): UNetEncoderConfig {
  read.unsupportedUnless(UNSUPPORTED);
  const channels = read.integers('block_out_channels', [320, 640, 1280, 1280]);
  const levels = channels.length;
  const config: UNetEncoderConfig = {
    in_channels: read.integer('in_channels', 4),
    center_input_sample: read.boolean('center_input_sample', false),
    flip_sin_to_cos: read.boolean('flip_sin_to_cos', true),
    freq_shift: read.number('freq_shift', 0),
    down_block_types: readBlockTypes(read, 'down_block_types', DOWN_TYPES, levels, (i) => (i < 3 ? 0 : 1)),
    mid_block_type: read.isNull('mid_block_type')
      ? null
      : read.oneOf('mid_block_type', MID_TYPES, MID_TYPES[0]),
    only_cross_attention: read.booleanPerLevel('only_cross_attention', levels, false),
    block_out_channels: channels,
    layers_per_block: read.integerPerLevel('layers_per_block', levels, 2, MOST_LAYERS),
    downsample_padding: read.integer('downsample_padding', 1, 0, 16),
    norm_num_groups: groups(read),
    norm_eps: read.number('norm_eps', 1e-5, EPSILON),
    cross_attention_dim: crossAttentionWidth(read, levels),
    transformer_layers_per_block: read.integerPerLevel(
      'transformer_layers_per_block',
      levels,
      1,
      MOST_LAYERS,
    ),
    attention_head_dim: read.integerPerLevel('attention_head_dim', levels, 8),
    use_linear_projection: read.boolean('use_linear_projection', false),
    time_embedding_dim: read.optionalInteger('time_embedding_dim') ?? null,
    time_cond_proj_dim: read.optionalInteger('time_cond_proj_dim') ?? null,
    conv_in_kernel: readOddKernel(read, 'conv_in_kernel'),
  };
  checkWidths(read, config);
  return config;
}

/** One of `choices` for each level; `standard` tells which one a level has by default. */
export function readBlockTypes<const T extends string>(
  read: ConfigReader,
  name: string,
  choices: readonly T[],
  levels: number,
  standard: (level: number) => number,
): readonly T[] {
  const given = read.strings(
    name,
    Array.from({ length: 4 }, (_, i) => choices[standard(i)]),
  );
  if (given.length !== levels) {
    read.fail(name, `has ${given.length} entries for the ${levels} levels of block_out_channels`);
  }
  return given.map(
    (type) =>
      choices.find((choice) => choice === type) ??
      read.fail(name, `${showValue(type)} is not supported; use ${choices.join(' or ')}`),
  );
}

export function readOddKernel(read: ConfigReader, name: string): number {
  const size = read.integer(name, 3, 1, 31);
  return size % 2 === 1 ? size : read.fail(name, `must be odd, not ${size}`);
}

function groups(read: ConfigReader): number {
  if (read.isNull('norm_num_groups'))
    read.fail('norm_num_groups', 'networks without normalisation are not supported');
  return read.integer('norm_num_groups', 32);
}

/** Every level reads the same text, so that widths cannot differ in a network with one text encoder. */
function crossAttentionWidth(read: ConfigReader, levels: number): number {
  const widths = read.integerPerLevel('cross_attention_dim', levels, 1280);
  if (widths.some((width) => width !== widths[0])) {
    read.fail('cross_attention_dim', 'must be the same for every level');
  }
  return widths[0];
}

function checkWidths(read: ConfigReader, config: UNetEncoderConfig): void {
  config.block_out_channels.forEach((width, i) => {
    const [heads, count] = [config.attention_head_dim[i], config.norm_num_groups];
    if (width % count !== 0) {
      read.fail('block_out_channels', `${width} is no multiple of norm_num_groups (${count})`);
    }
    if (width % heads !== 0) {
      read.fail(
        'attention_head_dim',
        `${heads} heads (this field is their number) do not divide ${width} channels`,
      );
    }
  });
}

/** A lower bound of the resnets and transformers. */
export function unetEncoderLayers(config: UNetEncoderConfig): number {
  const {
    layers_per_block: layers,
    transformer_layers_per_block: transformers,
    down_block_types: types,
  } = config;
  return layers.reduce((sum, count, level) => {
    const attends = types[level] === 'CrossAttnDownBlock2D';
    return sum + count * (1 + (attends ? (transformers[level] ?? 0) : 0));
  }, 0);
}
