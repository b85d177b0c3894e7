// The settings of diffusers' AutoencoderDC, residual stages only.

import { showValue } from '../checks/showValue.js';
import { isJsonObject, type JsonObject } from '../io/text.js';
import type { AutoencoderDcConfig } from './autoencoderDc.js';
import { type ConfigReader, configReader, MOST_LAYERS, SCALING } from './config.js';

const CLASS = 'AutoencoderDC';
const RESIDUAL = 'ResBlock';

/**
 * Reads the parsed config.json of an AutoencoderDC and fills in diffusers' defaults.
 * Throws an error naming the field where a value is wrong or asks for something not supported here: stages of
 * EfficientViT blocks, strided and interpolating samplers, halves of different depth.
 */
export function parseAutoencoderDcConfig(json: unknown): AutoencoderDcConfig {
  const read = configReader(json, CLASS);
  const fields: JsonObject = isJsonObject(json) ? json : {};
  read.unsupportedUnless({
    downsample_block_type: 'pixel_unshuffle',
    upsample_block_type: 'pixel_shuffle',
    decoder_conv_act_fn: 'relu',
    encoder_out_shortcut: true,
    decoder_in_shortcut: true,
  });
  const wide = [128, 256, 512, 512, 1024, 1024];
  const encoder = read.integers('encoder_block_out_channels', wide);
  const decoder = read.integers('decoder_block_out_channels', wide);
  if (encoder.length !== decoder.length) {
    read.fail('decoder_block_out_channels', `must have ${encoder.length} entries, as the encoder has`);
  }
  const uneven = encoder.slice(1).find((width) => width % 4 !== 0);
  if (uneven !== undefined) {
    read.fail(
      'encoder_block_out_channels',
      `${uneven} must be a multiple of 4: a stage begins by unshuffling pixels`,
    );
  }
  for (const half of ['encoder', 'decoder']) onlyType(read, fields, `${half}_block_types`, RESIDUAL);
  onlyType(read, fields, 'decoder_norm_types', 'rms_norm');
  onlyType(read, fields, 'decoder_act_fns', 'silu');
  return {
    _class_name: CLASS,
    in_channels: read.integer('in_channels', 3),
    latent_channels: read.integer('latent_channels', 32),
    encoder_block_types: RESIDUAL,
    decoder_block_types: RESIDUAL,
    encoder_block_out_channels: encoder,
    decoder_block_out_channels: decoder,
    encoder_layers_per_block: layers(read, fields, 'encoder_layers_per_block', encoder, [2, 2, 2, 3, 3, 3]),
    decoder_layers_per_block: layers(read, fields, 'decoder_layers_per_block', decoder, [3, 3, 3, 3, 3, 3]),
    downsample_block_type: 'pixel_unshuffle',
    upsample_block_type: 'pixel_shuffle',
    scaling_factor: read.number('scaling_factor', 1, SCALING),
  };
}

/** One name for all stages, or a list with the name for each. */
function onlyType(read: ConfigReader, fields: JsonObject, name: string, only: string): void {
  const value = fields[name] ?? only;
  const other = (Array.isArray(value) ? value : [value]).find((type) => type !== only);
  if (other !== undefined) {
    read.fail(name, `${showValue(other)} is not supported; only ${showValue(only)} is`);
  }
}

function layers(
  read: ConfigReader,
  fields: JsonObject,
  name: string,
  channels: readonly number[],
  standard: readonly number[],
): readonly number[] {
  const value: unknown = fields[name] ?? standard;
  const fits = (count: unknown, i: number) =>
    Number.isInteger(count) && Number(count) >= (i === 0 ? 0 : 1) && Number(count) <= MOST_LAYERS;
  if (!Array.isArray(value) || !Array.from(value).every(fits)) {
    return read.fail(
      name,
      `must be a list of whole numbers in 1..${MOST_LAYERS}, the first in 0..${MOST_LAYERS}, not ${showValue(value)}`,
    );
  }
  if (value.length !== channels.length) {
    return read.fail(name, `has ${value.length} entries for ${channels.length} stages`);
  }
  return value as readonly number[];
}
