// The small autoencoder TAESD (github.com/madebyollin/taesd), parameters named as in diffusers' AutoencoderTiny.

import { relu, upsampleNearest } from '../graph/composite.js';
import { add, divide, multiply, subtract, tanh } from '../graph/elementwise.js';
import type { Value } from '../graph/value.js';
import * as layers from '../nn/layers.js';
import type { Scope } from '../nn/scope.js';
import { type ConfigReader, configReader, MOST_LAYERS, SCALING } from './config.js';

const CLASS = 'AutoencoderTiny';

/** A config.json of diffusers with every default filled in. */
export interface AutoencoderTinyConfig {
  readonly _class_name: typeof CLASS;
  readonly in_channels: number;
  readonly out_channels: number;
  readonly encoder_block_out_channels: readonly number[];
  readonly decoder_block_out_channels: readonly number[];
  readonly latent_channels: number;
  readonly upsampling_scaling_factor: number;
  readonly num_encoder_blocks: readonly number[];
  readonly num_decoder_blocks: readonly number[];
  readonly latent_magnitude: number;
  readonly latent_shift: number;
  readonly scaling_factor: number;
}

/**
 * Reads the parsed config.json of an AutoencoderTiny and fills in diffusers' defaults.
 * Throws an error naming the field where a value is wrong or asks for something not supported here.
 */
export function parseAutoencoderTinyConfig(json: unknown): AutoencoderTinyConfig {
  const read = configReader(json, CLASS);
  read.unsupportedUnless({ act_fn: 'relu', upsample_fn: 'nearest', shift_factor: 0 });
  const [encoder, encoderBlocks] = stages(read, 'encoder', [1, 3, 3, 3]);
  const [decoder, decoderBlocks] = stages(read, 'decoder', [3, 3, 3, 1]);
  return {
    _class_name: CLASS,
    in_channels: read.integer('in_channels', 3),
    out_channels: read.integer('out_channels', 3),
    encoder_block_out_channels: encoder,
    decoder_block_out_channels: decoder,
    latent_channels: read.integer('latent_channels', 4),
    upsampling_scaling_factor: read.integer('upsampling_scaling_factor', 2, 1, 8),
    num_encoder_blocks: encoderBlocks,
    num_decoder_blocks: decoderBlocks,
    latent_magnitude: read.number('latent_magnitude', 3),
    latent_shift: read.number('latent_shift', 0.5),
    scaling_factor: read.number('scaling_factor', 1, SCALING),
  };
}

/** Image [N, in_channels, H, W] in -1..1 to latents [N, latent_channels, h, w], halved once for each stage but one. */
export function encode(scope: Scope, config: AutoencoderTinyConfig, image: Value): Value {
  const { encoder_block_out_channels: channels, num_encoder_blocks: blocks } = config;
  const next = numbered(scope.at('encoder', 'layers'));
  let x = divide(add(image, 1), 2);
  channels.forEach((width, stage) => {
    x = conv(next(), x, width, stage === 0 ? {} : { stride: 2, bias: false });
    for (let i = 0; i < blocks[stage]; i++) x = residual(next(), x);
  });
  return conv(next(), x, config.latent_channels);
}

/** Latents [N, latent_channels, h, w] to an image [N, out_channels, H, W], about -1..1. */
export function decode(scope: Scope, config: AutoencoderTinyConfig, latents: Value): Value {
  const { decoder_block_out_channels: channels, num_decoder_blocks: blocks } = config;
  const next = numbered(scope.at('decoder', 'layers'));
  const soft = multiply(tanh(divide(latents, 3)), 3);
  let x = relu(conv(next(), soft, channels[0]));
  next(); // The activation counts as a layer, and so does the upsampling.
  channels.forEach((width, stage) => {
    for (let i = 0; i < blocks[stage]; i++) x = residual(next(), x);
    if (stage === channels.length - 1) return;
    next();
    x = conv(next(), upsampleNearest(x, config.upsampling_scaling_factor), width, { bias: false });
  });
  return subtract(multiply(conv(next(), x, config.out_channels), 2), 1);
}

/** The next layer of a sequence at each call. */
function numbered(scope: Scope): () => Scope {
  let index = 0;
  return () => scope.at(index++);
}

function residual(scope: Scope, x: Value): Value {
  const width = x.shape[1];
  const first = relu(conv(scope.at('conv', 0), x, width));
  const second = relu(conv(scope.at('conv', 2), first, width));
  return relu(add(conv(scope.at('conv', 4), second, width), x));
}

function conv(scope: Scope, x: Value, channels: number, options: layers.Conv2dOptions = {}): Value {
  return layers.conv2d(scope, x, channels, 3, { padding: 1, ...options });
}

/** diffusers' layers between two stages keep the number of channels, so that it is one for all stages. */
function stages(read: ConfigReader, half: 'encoder' | 'decoder', counts: readonly number[]) {
  const [widthName, countName] = [`${half}_block_out_channels`, `num_${half}_blocks`];
  const widths = read.integers(widthName, [64, 64, 64, 64]);
  const blocks = read.integers(countName, counts, MOST_LAYERS);
  if (widths.length !== blocks.length) {
    read.fail(countName, `has ${blocks.length} entries for the ${widths.length} of ${widthName}`);
  }
  if (widths.some((width) => width !== widths[0])) read.fail(widthName, 'must be the same for every stage');
  return [widths, blocks] as const;
}
