// The settings of diffusers' AutoencoderKL that Stable Diffusion 1 and 2 use.

import { showValue } from '../checks/showValue.js';
import { type ConfigReader, configReader, MOST_LAYERS, SCALING } from './config.js';

const CLASS = 'AutoencoderKL';

/** A config.json of diffusers with every default filled in. */
export interface AutoencoderKlConfig {
  readonly _class_name: typeof CLASS;
  readonly in_channels: number;
  readonly out_channels: number;
  readonly down_block_types: readonly string[];
  readonly up_block_types: readonly string[];
  readonly block_out_channels: readonly number[];
  readonly layers_per_block: number;
  readonly latent_channels: number;
  readonly norm_num_groups: number;
  /** Latents times this have std 1: what the U-Net sees. */
  readonly scaling_factor: number;
  /** Taken off latents before they are scaled. */
  readonly shift_factor: number;
  readonly use_quant_conv: boolean;
  readonly use_post_quant_conv: boolean;
  readonly mid_block_add_attention: boolean;
}

/**
 * Reads the parsed config.json of an AutoencoderKL and fills in diffusers' defaults.
 * Throws an error naming the field where a value is wrong or asks for something not supported here.
 */
export function parseAutoencoderKlConfig(json: unknown): AutoencoderKlConfig {
  const read = configReader(json, CLASS);
  read.unsupportedUnless({ act_fn: 'silu', latents_mean: null, latents_std: null });
  const channels = read.integers('block_out_channels', [64]);
  const groups = read.integer('norm_num_groups', 32);
  const uneven = channels.find((width) => width % groups !== 0);
  if (uneven) read.fail('block_out_channels', `${uneven} is no multiple of norm_num_groups (${groups})`);
  return {
    _class_name: CLASS,
    in_channels: read.integer('in_channels', 3),
    out_channels: read.integer('out_channels', 3),
    down_block_types: onlyType(read, 'down_block_types', 'DownEncoderBlock2D', channels.length),
    up_block_types: onlyType(read, 'up_block_types', 'UpDecoderBlock2D', channels.length),
    block_out_channels: channels,
    layers_per_block: read.integer('layers_per_block', 1, 1, MOST_LAYERS),
    latent_channels: read.integer('latent_channels', 4),
    norm_num_groups: groups,
    scaling_factor: read.number('scaling_factor', 0.18215, SCALING),
    shift_factor: read.number('shift_factor', 0),
    use_quant_conv: read.boolean('use_quant_conv', true),
    use_post_quant_conv: read.boolean('use_post_quant_conv', true),
    mid_block_add_attention: read.boolean('mid_block_add_attention', true),
  };
}

function onlyType(read: ConfigReader, name: string, type: string, levels: number): readonly string[] {
  const given = read.strings(name, [type]);
  if (given.length !== levels) {
    read.fail(name, `has ${given.length} entries for the ${levels} levels of block_out_channels`);
  }
  const other = given.find((name) => name !== type);
  return other ? read.fail(name, `${showValue(other)} is not supported; only ${type} is`) : given;
}
