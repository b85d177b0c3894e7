// The config.json of every network: what is accepted can be built, and means the same when it is read again.

import { input, parameterStore, type Scope, type Tensor, type Value } from '@spatiallock/core';
import { constantOp, topological } from '@spatiallock/core/backend';
import {
  autoencoderKl,
  autoencoderTiny,
  clipText,
  decodeDc,
  encodeDc,
  parseAutoencoderDcConfig,
  parseAutoencoderKlConfig,
  parseAutoencoderTinyConfig,
  parseClipTextConfig,
  parseUNet2dConditionConfig,
  unet2dCondition,
} from '@spatiallock/core/models';
import {
  defaultCenterConfig,
  defaultQueryConfig,
  parseCenterConfig,
  parseQueryConfig,
} from '@spatiallock/detectors';
import { parsePerceptionConfig } from '@spatiallock/pog';
import { must, type Target, targetOf } from '../target.js';
import { awkwardJson, edited } from '../values.js';

/** Networks of more layers than this are read, and not built. */
const MOST_LAYERS = 60;

interface Network<T> {
  readonly name: string;
  readonly valid: readonly object[];
  readonly parse: (json: unknown) => T;
  /** About how many layers it has. */
  readonly layers?: (config: T) => number;
  /** Its outputs, from inputs of the smallest sizes that it takes. */
  readonly build?: (scope: Scope, config: T) => readonly Value[];
}

const sum = (counts: readonly number[]): number => counts.reduce((a, b) => a + b, 0);

function configTarget<T>({ name, valid, parse, layers = () => 0, build }: Network<T>): Target {
  return targetOf({
    name,
    share: 4,
    inputs: edited(valid, awkwardJson, 3),
    read(json: unknown) {
      const config = parse(json);
      must(
        JSON.stringify(parse(config)) === JSON.stringify(config),
        'means something else when it is read again',
      );
      const stray = Object.entries(config as object).find(
        ([, value]) => value === undefined || Number.isNaN(value),
      );
      must(stray === undefined, `${stray?.[0]} is ${stray?.[1]}`);
      if (!build || layers(config) > MOST_LAYERS) return;
      const outputs = build(parameterStore().scope, config);
      for (const { shape } of outputs) {
        must(
          shape.every((side) => Number.isSafeInteger(side) && side > 0),
          `gives an output of shape [${shape}]`,
        );
      }
      for (const { op, attrs } of topological(outputs)) {
        const { data } = op === constantOp ? (attrs.tensor as Tensor) : { data: [] };
        must(data.every(Number.isFinite), 'computes with a constant that is not finite');
      }
    },
    names: /config.*: |\bAutoencoder\w+: |^[\w ]+: /s,
  });
}

const unet = {
  _class_name: 'UNet2DConditionModel',
  sample_size: 16,
  in_channels: 4,
  out_channels: 4,
  center_input_sample: false,
  flip_sin_to_cos: true,
  freq_shift: 0,
  down_block_types: ['CrossAttnDownBlock2D', 'DownBlock2D'],
  mid_block_type: 'UNetMidBlock2DCrossAttn',
  up_block_types: ['UpBlock2D', 'CrossAttnUpBlock2D'],
  only_cross_attention: false,
  block_out_channels: [16, 32],
  layers_per_block: 1,
  downsample_padding: 1,
  act_fn: 'silu',
  norm_num_groups: 8,
  norm_eps: 1e-5,
  cross_attention_dim: 32,
  transformer_layers_per_block: 1,
  reverse_transformer_layers_per_block: null,
  attention_head_dim: [4, 4],
  use_linear_projection: false,
  time_embedding_dim: null,
  conv_in_kernel: 3,
  conv_out_kernel: 3,
  attention_type: 'gated',
};

const dc = {
  _class_name: 'AutoencoderDC',
  in_channels: 3,
  latent_channels: 4,
  encoder_block_types: 'ResBlock',
  decoder_block_types: ['ResBlock', 'ResBlock'],
  encoder_block_out_channels: [8, 8],
  decoder_block_out_channels: [8, 8],
  encoder_layers_per_block: [0, 1],
  decoder_layers_per_block: [1, 1],
  downsample_block_type: 'pixel_unshuffle',
  upsample_block_type: 'pixel_shuffle',
  scaling_factor: 0.9,
};

const kl = {
  _class_name: 'AutoencoderKL',
  in_channels: 3,
  out_channels: 3,
  down_block_types: ['DownEncoderBlock2D', 'DownEncoderBlock2D'],
  up_block_types: ['UpDecoderBlock2D', 'UpDecoderBlock2D'],
  block_out_channels: [8, 16],
  layers_per_block: 1,
  latent_channels: 4,
  norm_num_groups: 4,
  scaling_factor: 0.18215,
  shift_factor: 0.1,
  use_quant_conv: true,
  use_post_quant_conv: false,
  mid_block_add_attention: true,
};

const tiny = {
  _class_name: 'AutoencoderTiny',
  in_channels: 3,
  out_channels: 3,
  encoder_block_out_channels: [8, 8],
  decoder_block_out_channels: [8, 8],
  latent_channels: 4,
  upsampling_scaling_factor: 2,
  num_encoder_blocks: [1, 1],
  num_decoder_blocks: [1, 1],
  latent_magnitude: 3,
  latent_shift: 0.5,
  scaling_factor: 1,
};

const clip = {
  architectures: ['CLIPTextModel'],
  model_type: 'clip_text_model',
  hidden_size: 16,
  intermediate_size: 32,
  num_hidden_layers: 1,
  num_attention_heads: 4,
  vocab_size: 60,
  max_position_embeddings: 12,
  hidden_act: 'quick_gelu',
  layer_norm_eps: 1e-5,
  bos_token_id: 58,
  eos_token_id: 59,
  pad_token_id: 59,
};

/** An image whose sides halve as often as the network has stages. */
const imageFor = (channels: number, stages: number): Value => {
  const side = 4 * 2 ** Math.min(stages, 10);
  return input('image', [1, channels, side, side]);
};

export const configs: readonly Target[] = [
  configTarget({
    name: 'unet',
    valid: [unet],
    parse: parseUNet2dConditionConfig,
    layers: ({
      layers_per_block: blocks,
      transformer_layers_per_block: layers,
      reverse_transformer_layers_per_block,
    }) => sum(blocks) * (sum(layers) + sum(reverse_transformer_layers_per_block ?? [])),
    build(scope, config) {
      const side = 2 ** Math.min(config.block_out_channels.length, 8);
      const sample = input('sample', [1, config.in_channels, side, side]);
      const encoderHiddenStates = input('text', [1, 3, config.cross_attention_dim]);
      return [
        unet2dCondition(scope, config, { sample, timestep: input('timestep', [1]), encoderHiddenStates }),
      ];
    },
  }),
  configTarget({
    name: 'autoencoder-dc',
    valid: [dc],
    parse: parseAutoencoderDcConfig,
    layers: ({ encoder_layers_per_block: encoder, decoder_layers_per_block: decoder }) =>
      sum([...encoder, ...decoder]),
    build(scope, config) {
      const stages = config.encoder_block_out_channels.length;
      const latents = input('latents', [1, config.latent_channels, 2, 2]);
      return [
        encodeDc(scope, config, imageFor(config.in_channels, stages)),
        decodeDc(scope, config, latents),
      ];
    },
  }),
  configTarget({
    name: 'autoencoder-kl',
    valid: [kl],
    parse: parseAutoencoderKlConfig,
    layers: ({ layers_per_block: layers, block_out_channels: { length } }) => layers * length,
    build(scope, config) {
      const image = imageFor(config.in_channels, config.block_out_channels.length);
      const { mean } = autoencoderKl.encode(scope, config, image);
      return [mean, autoencoderKl.decode(scope, config, mean)];
    },
  }),
  configTarget({
    name: 'autoencoder-tiny',
    valid: [tiny],
    parse: parseAutoencoderTinyConfig,
    layers: ({ num_encoder_blocks: encoder, num_decoder_blocks: decoder }) => sum([...encoder, ...decoder]),
    build(scope, config) {
      const image = imageFor(config.in_channels, config.encoder_block_out_channels.length);
      const latents = autoencoderTiny.encode(scope, config, image);
      return [latents, autoencoderTiny.decode(scope, config, latents)];
    },
  }),
  configTarget({
    name: 'clip-text',
    valid: [clip],
    parse: parseClipTextConfig,
    layers: ({ num_hidden_layers: layers }) => layers,
    build: (scope, config) => Object.values(clipText(scope, config, input('ids', [1, 4], 'int32'))),
  }),
  configTarget({
    name: 'perception',
    valid: [
      { _class_name: 'PerceptionNetwork', stages: ['up', 'mid'], channels: 16, norm_groups: 4, bins: 9 },
    ],
    parse: parsePerceptionConfig,
  }),
  configTarget({
    name: 'center',
    valid: [{ ...defaultCenterConfig, labels: ['dog', 'cat'] }],
    parse: parseCenterConfig,
  }),
  configTarget({
    name: 'query',
    valid: [{ ...defaultQueryConfig, labels: ['dog', 'cat'] }],
    parse: parseQueryConfig,
  }),
];
