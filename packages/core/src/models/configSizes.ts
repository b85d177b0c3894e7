// Numbers of a config that the shapes of its weights hold too: compared before a graph is built, by the field's name.

import type { Tensors } from '../graph/tensor.js';
import type { AutoencoderDcConfig } from './autoencoderDc.js';
import type { AutoencoderKlConfig } from './autoencoderKlConfig.js';
import type { AutoencoderTinyConfig } from './autoencoderTiny.js';
import type { ClipTextConfig } from './clipTextConfig.js';
import type { UNet2dConditionConfig } from './unet2dConditionConfig.js';
import type { UNetEncoderConfig } from './unetEncoderConfig.js';

/** The side `axis` of `tensor` is the config's `field`. */
export interface ConfigSize {
  /** As in the config, with the place in a list: `block_out_channels[1]`. */
  readonly field: string;
  readonly size: number;
  readonly tensor: string;
  readonly axis: number;
}

/**
 * Throws an error that names the first field with another size than its tensor. Tensors that are missing are passed
 * over: `checkParams` lists them.
 */
export function checkConfigSizes(title: string, sizes: readonly ConfigSize[], given: Tensors): void {
  for (const { field, size, tensor, axis } of sizes) {
    const shape = Object.hasOwn(given, tensor) ? given[tensor].shape : undefined;
    if (shape === undefined || shape[axis] === size) continue;
    throw new Error(
      `${title}: ${field} is ${size} in the config, but ${tensor} is [${shape.join(', ')}] in the weights` +
        `${shape[axis] === undefined ? '' : `, which says ${shape[axis]}`}; they do not belong together`,
    );
  }
}

const size = (field: string, value: number, tensor: string, axis: number): ConfigSize => ({
  field,
  size: value,
  tensor,
  axis,
});

export function unetSizes(config: UNet2dConditionConfig): ConfigSize[] {
  return [
    ...unetEncoderSizes(config),
    size('out_channels', config.out_channels, 'conv_out.weight', 0),
    size('conv_out_kernel', config.conv_out_kernel, 'conv_out.weight', 2),
  ];
}

/** Those of the first half of a U-Net, for `checkConfigSizes`. */
export function unetEncoderSizes(config: UNetEncoderConfig): ConfigSize[] {
  const { block_out_channels: channels, cross_attention_dim: text } = config;
  const { time_embedding_dim: time, time_cond_proj_dim: guidance } = config;
  return [
    size('in_channels', config.in_channels, 'conv_in.weight', 1),
    size('conv_in_kernel', config.conv_in_kernel, 'conv_in.weight', 2),
    size('block_out_channels[0]', channels[0], 'conv_in.weight', 0),
    ...(time === null ? [] : [size('time_embedding_dim', time, 'time_embedding.linear_1.weight', 0)]),
    ...(guidance === null
      ? []
      : [size('time_cond_proj_dim', guidance, 'time_embedding.cond_proj.weight', 1)]),
    ...channels.flatMap((width, i) => [
      size(`block_out_channels[${i}]`, width, `down_blocks.${i}.resnets.0.conv1.weight`, 0),
      size(
        'cross_attention_dim',
        text,
        `down_blocks.${i}.attentions.0.transformer_blocks.0.attn2.to_k.weight`,
        1,
      ),
    ]),
  ];
}

export function clipTextSizes(config: ClipTextConfig): ConfigSize[] {
  const tokens = 'text_model.embeddings.token_embedding.weight';
  return [
    size('vocab_size', config.vocab_size, tokens, 0),
    size('hidden_size', config.hidden_size, tokens, 1),
    size(
      'max_position_embeddings',
      config.max_position_embeddings,
      'text_model.embeddings.position_embedding.weight',
      0,
    ),
    size('intermediate_size', config.intermediate_size, 'text_model.encoder.layers.0.mlp.fc1.weight', 0),
  ];
}

export function autoencoderKlSizes(config: AutoencoderKlConfig): ConfigSize[] {
  const { block_out_channels: channels, latent_channels: latent } = config;
  const last = channels.length - 1;
  return [
    size('in_channels', config.in_channels, 'encoder.conv_in.weight', 1),
    size('out_channels', config.out_channels, 'decoder.conv_out.weight', 0),
    size('latent_channels', latent, 'decoder.conv_in.weight', 1),
    size(`block_out_channels[${last}]`, channels[last], 'decoder.conv_in.weight', 0),
    ...channels.flatMap((width, i) => [
      size(`block_out_channels[${i}]`, width, `decoder.up_blocks.${last - i}.resnets.0.conv1.weight`, 0),
      size(`block_out_channels[${i}]`, width, `encoder.down_blocks.${i}.resnets.0.conv1.weight`, 0),
    ]),
  ];
}

/** All stages of a half are equally wide. */
export function autoencoderTinySizes(config: AutoencoderTinyConfig): ConfigSize[] {
  const { encoder_block_out_channels: encoder, decoder_block_out_channels: decoder } = config;
  const layers = (blocks: readonly number[]) => blocks.reduce((sum, count) => sum + count, 0);
  const encoderEnd = layers(config.num_encoder_blocks) + encoder.length;
  // Behind the first convolution stands an activation, between two stages an upsampling and a convolution.
  const decoderEnd = layers(config.num_decoder_blocks) + 2 * decoder.length;
  return [
    size('in_channels', config.in_channels, 'encoder.layers.0.weight', 1),
    size('encoder_block_out_channels', encoder[0], 'encoder.layers.0.weight', 0),
    size('latent_channels', config.latent_channels, `encoder.layers.${encoderEnd}.weight`, 0),
    size('latent_channels', config.latent_channels, 'decoder.layers.0.weight', 1),
    size('decoder_block_out_channels', decoder[0], 'decoder.layers.0.weight', 0),
    size('out_channels', config.out_channels, `decoder.layers.${decoderEnd}.weight`, 0),
  ];
}

export function autoencoderDcSizes(config: AutoencoderDcConfig): ConfigSize[] {
  const { encoder_block_out_channels: encoder, decoder_block_out_channels: decoder } = config;
  const last = decoder.length - 1;
  const stem = config.encoder_layers_per_block[0] === 0 ? 'encoder.conv_in.conv' : 'encoder.conv_in';
  return [
    size('in_channels', config.in_channels, `${stem}.weight`, 1),
    size('latent_channels', config.latent_channels, 'encoder.conv_out.weight', 0),
    size('latent_channels', config.latent_channels, 'decoder.conv_in.weight', 1),
    size(`decoder_block_out_channels[${last}]`, decoder[last], 'decoder.conv_in.weight', 0),
    // A stage of the decoder begins with its upsampling, except for the widest.
    ...decoder.map((width, i) =>
      size(
        `decoder_block_out_channels[${i}]`,
        width,
        `decoder.up_blocks.${i}.${i < last ? 1 : 0}.conv1.weight`,
        0,
      ),
    ),
    ...encoder.map((width, i) =>
      size(`encoder_block_out_channels[${i}]`, width, `encoder.down_blocks.${i}.0.conv1.weight`, 0),
    ),
  ];
}
