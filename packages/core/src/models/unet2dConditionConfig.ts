// The settings of diffusers' UNet2DConditionModel that Stable Diffusion 1 and 2 use.

import { showValue } from '../checks/showValue.js';
import { type ConfigReader, configReader, EPSILON, MOST_LAYERS } from './config.js';

const DOWN_TYPES = ['CrossAttnDownBlock2D', 'DownBlock2D'] as const;
const UP_TYPES = ['CrossAttnUpBlock2D', 'UpBlock2D'] as const;
const MID_TYPES = ['UNetMidBlock2DCrossAttn', 'UNetMidBlock2D'] as const;
const ATTENTION_TYPES = ['default', 'gated', 'gated-text-image'] as const;
const CLASS = 'UNet2DConditionModel';

export type DownBlockType = (typeof DOWN_TYPES)[number];
export type UpBlockType = (typeof UP_TYPES)[number];
export type MidBlockType = (typeof MID_TYPES)[number];

/** A config.json of diffusers with every default filled in and every list one entry a level. */
export interface UNet2dConditionConfig {
  readonly _class_name: typeof CLASS;
  /** Rows and columns of the latents that the network was trained on. */
  readonly sample_size: readonly [number, number] | number | null;
  readonly in_channels: number;
  readonly out_channels: number;
  /** Whether the sample is mapped from 0..1 to -1..1 first. */
  readonly center_input_sample: boolean;
  readonly flip_sin_to_cos: boolean;
  readonly freq_shift: number;
  readonly down_block_types: readonly DownBlockType[];
  readonly mid_block_type: MidBlockType | null;
  readonly up_block_types: readonly UpBlockType[];
  readonly only_cross_attention: readonly boolean[];
  readonly block_out_channels: readonly number[];
  readonly layers_per_block: readonly number[];
  readonly downsample_padding: number;
  readonly norm_num_groups: number;
  readonly norm_eps: number;
  readonly cross_attention_dim: number;
  readonly transformer_layers_per_block: readonly number[];
  readonly reverse_transformer_layers_per_block: readonly number[] | null;
  /** The NUMBER of heads of each level: a quirk of these checkpoints. */
  readonly attention_head_dim: readonly number[];
  readonly use_linear_projection: boolean;
  readonly time_embedding_dim: number | null;
  /** Width of the guidance embedding of networks whose guidance was distilled (LCM); null: there is none. */
  readonly time_cond_proj_dim: number | null;
  readonly conv_in_kernel: number;
  readonly conv_out_kernel: number;
  /** `gated` says that the checkpoint holds grounding layers (`position_net`, `fuser`), which packages/poi reads. */
  readonly attention_type: (typeof ATTENTION_TYPES)[number];
}

/**
 * Reads the parsed config.json of a UNet2DConditionModel and fills in diffusers' defaults.
 * Throws an error naming the field where a value is wrong or asks for something not supported here.
 */
export function parseUNet2dConditionConfig(json: unknown): UNet2dConditionConfig {
  const read = configReader(json, CLASS);
  read.unsupportedUnless(UNSUPPORTED);
  const channels = read.integers('block_out_channels', [320, 640, 1280, 1280]);
  const levels = channels.length;
  const config: UNet2dConditionConfig = {
    _class_name: CLASS,
    sample_size: sampleSize(read),
    in_channels: read.integer('in_channels', 4),
    out_channels: read.integer('out_channels', 4),
    center_input_sample: read.boolean('center_input_sample', false),
    flip_sin_to_cos: read.boolean('flip_sin_to_cos', true),
    freq_shift: read.number('freq_shift', 0),
    down_block_types: types(read, 'down_block_types', DOWN_TYPES, levels, (i) => (i < 3 ? 0 : 1)),
    mid_block_type: read.isNull('mid_block_type')
      ? null
      : read.oneOf('mid_block_type', MID_TYPES, MID_TYPES[0]),
    up_block_types: types(read, 'up_block_types', UP_TYPES, levels, (i) => (i > 0 ? 0 : 1)),
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
    reverse_transformer_layers_per_block: read.optionalIntegers(
      'reverse_transformer_layers_per_block',
      levels,
    ),
    attention_head_dim: read.integerPerLevel('attention_head_dim', levels, 8),
    use_linear_projection: read.boolean('use_linear_projection', false),
    time_embedding_dim: read.optionalInteger('time_embedding_dim') ?? null,
    time_cond_proj_dim: read.optionalInteger('time_cond_proj_dim') ?? null,
    conv_in_kernel: oddKernel(read, 'conv_in_kernel'),
    conv_out_kernel: oddKernel(read, 'conv_out_kernel'),
    attention_type: read.oneOf('attention_type', ATTENTION_TYPES, 'default'),
  };
  checkWidths(read, config);
  return config;
}

/** What diffusers offers beyond Stable Diffusion 1 and 2. */
const UNSUPPORTED = {
  act_fn: 'silu',
  mid_block_scale_factor: 1,
  encoder_hid_dim: null,
  encoder_hid_dim_type: null,
  num_attention_heads: null,
  dual_cross_attention: false,
  class_embed_type: null,
  addition_embed_type: null,
  num_class_embeds: null,
  resnet_time_scale_shift: 'default',
  resnet_skip_time_act: false,
  resnet_out_scale_factor: 1,
  time_embedding_type: 'positional',
  time_embedding_act_fn: null,
  timestep_post_act: null,
  class_embeddings_concat: false,
  cross_attention_norm: null,
} as const;

function types<const T extends string>(
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

function sampleSize(read: ConfigReader): UNet2dConditionConfig['sample_size'] {
  const sides = read.optionalIntegers('sample_size', undefined);
  if (sides === null) return null;
  if (sides.length > 2) read.fail('sample_size', 'must be one number or [rows, columns]');
  if (sides.some((side) => side > MOST_SIDE)) {
    read.fail('sample_size', `must be at most ${MOST_SIDE}, not ${sides.join(' x ')}`);
  }
  return sides.length === 1 ? sides[0] : [sides[0], sides[1]];
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

function oddKernel(read: ConfigReader, name: string): number {
  const size = read.integer(name, 3, 1, 31);
  return size % 2 === 1 ? size : read.fail(name, `must be odd, not ${size}`);
}

function checkWidths(read: ConfigReader, config: UNet2dConditionConfig): void {
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

/** The largest side of latents. */
const MOST_SIDE = 1024;

/** Sides of latents that diffusers takes where sample_size is null. */
const STANDARD_SIDE = 64;

/** Height and width of the latents that a U-Net was made for. */
export function latentSides({ sample_size }: UNet2dConditionConfig): readonly [number, number] {
  const side = sample_size ?? STANDARD_SIDE;
  return typeof side === 'number' ? [side, side] : side;
}

/** A lower bound of the resnets and transformers: those of the first half, twice. */
export function unetLayers(config: UNet2dConditionConfig): number {
  const {
    layers_per_block: layers,
    transformer_layers_per_block: transformers,
    down_block_types: types,
  } = config;
  return layers.reduce((sum, count, level) => {
    const attends = types[level] === 'CrossAttnDownBlock2D';
    return sum + 2 * count * (1 + (attends ? (transformers[level] ?? 0) : 0));
  }, 0);
}
