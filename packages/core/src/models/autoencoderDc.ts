// AutoencoderDC (DC-AE, arXiv 2410.10733), the residual part: pixel-unshuffle stages with parameter-free
// shortcuts. Parameter names and configuration as in diffusers' AutoencoderDC; ResBlock stages only.

import { checkObject } from '../checks/index.js';
import { perChannel, pixelShuffle, pixelUnshuffle, relu, silu } from '../graph/composite.js';
import { add, divide, multiply, sqrt } from '../graph/elementwise.js';
import { broadcastTo, reshape } from '../graph/layout.js';
import { mean } from '../graph/reduce.js';
import type { Value } from '../graph/value.js';
import { conv2d } from '../nn/layers.js';
import { checkScope, type Init, ones, type Scope, zeros } from '../nn/scope.js';

/** The config.json of diffusers' AutoencoderDC, as far as it is supported. */
export interface AutoencoderDcConfig {
  readonly _class_name: 'AutoencoderDC';
  readonly in_channels: number;
  readonly latent_channels: number;
  readonly encoder_block_types: 'ResBlock';
  readonly decoder_block_types: 'ResBlock';
  readonly encoder_block_out_channels: readonly number[];
  readonly decoder_block_out_channels: readonly number[];
  /** 0 in the first place makes the stem a downsampling one; a later stage needs at least 1. */
  readonly encoder_layers_per_block: readonly number[];
  readonly decoder_layers_per_block: readonly number[];
  readonly downsample_block_type: 'pixel_unshuffle';
  readonly upsample_block_type: 'pixel_shuffle';
  /** Latents times this have std 1: what the U-Net sees. */
  readonly scaling_factor: number;
}

const EPSILON = 1e-5;

/** image [N, in_channels, H, W] in -1..1 to latents [N, latent_channels, H / 2^stages, W / 2^stages], unscaled. */
export function encodeDc(root: Scope, config: AutoencoderDcConfig, image: Value): Value {
  checkScope(root, 'root');
  checkObject(config, 'config');
  const scope = root.at('encoder');
  const channels = config.encoder_block_out_channels;
  const layers = config.encoder_layers_per_block;
  let x = layers[0]
    ? conv2d(scope.at('conv_in'), image, channels[0]!, 3, { padding: 1 })
    : downsample(scope.at('conv_in'), image, channels[1]!, false);
  channels.forEach((_, stage) => {
    const count = layers[stage]!;
    const at = scope.at('down_blocks', stage);
    for (let i = 0; i < count; i++) x = resBlock(at.at(i), x);
    const next = channels[stage + 1];
    if (next && count > 0) x = downsample(at.at(count), x, next, true);
  });
  const y = conv2d(scope.at('conv_out'), x, config.latent_channels, 3, { padding: 1 });
  return add(y, averageChannels(x, config.latent_channels));
}

/** Unscaled latents to an image [N, in_channels, H, W], about -1..1. */
export function decodeDc(root: Scope, config: AutoencoderDcConfig, latents: Value): Value {
  checkScope(root, 'root');
  checkObject(config, 'config');
  const scope = root.at('decoder');
  const channels = config.decoder_block_out_channels;
  const layers = config.decoder_layers_per_block;
  const widest = channels.at(-1)!;
  let x = add(
    conv2d(scope.at('conv_in'), latents, widest, 3, { padding: 1 }),
    repeatChannels(latents, widest),
  );
  for (let stage = channels.length - 1; stage >= 0; stage--) {
    const at = scope.at('up_blocks', stage);
    const count = layers[stage]!;
    const grows = stage < channels.length - 1 && count > 0;
    if (grows) x = upsample(at.at(0), x, channels[stage]!, true);
    for (let i = 0; i < count; i++) x = resBlock(at.at(grows ? i + 1 : i), x);
  }
  x = relu(rmsNorm(scope.at('norm_out'), x));
  return layers[0]
    ? conv2d(scope.at('conv_out'), x, config.in_channels, 3, { padding: 1 })
    : upsample(scope.at('conv_out'), x, config.in_channels, false);
}

function resBlock(scope: Scope, x: Value): Value {
  const channels = x.shape[1]!;
  const h = silu(conv2d(scope.at('conv1'), x, channels, 3, { padding: 1 }));
  const y = conv2d(scope.at('conv2'), h, channels, 3, { padding: 1, bias: false });
  // Starting as the identity lets the shortcuts carry the picture from the first step.
  return add(rmsNorm(scope.at('norm'), y, zeros), x);
}

/** Root-mean-square normalisation over the channels of each pixel. */
function rmsNorm(scope: Scope, x: Value, start: Init = ones): Value {
  const channels = x.shape[1]!;
  const weight = perChannel(scope.param('weight', [channels], start), x);
  const bias = perChannel(scope.param('bias', [channels], zeros), x);
  const root = sqrt(add(mean(multiply(x, x), [1], true), EPSILON));
  return add(multiply(multiply(x, divide(1, root)), weight), bias);
}

function downsample(scope: Scope, x: Value, channels: number, shortcut: boolean): Value {
  const y = pixelUnshuffle(conv2d(scope.at('conv'), x, channels / 4, 3, { padding: 1 }), 2);
  return shortcut ? add(y, averageChannels(pixelUnshuffle(x, 2), channels)) : y;
}

function upsample(scope: Scope, x: Value, channels: number, shortcut: boolean): Value {
  const y = pixelShuffle(conv2d(scope.at('conv'), x, channels * 4, 3, { padding: 1 }), 2);
  return shortcut ? add(y, pixelShuffle(repeatChannels(x, channels * 4), 2)) : y;
}

/** Averages neighbouring channels down to `channels`. */
function averageChannels(x: Value, channels: number): Value {
  const [n, c, h, w] = x.shape as [number, number, number, number];
  if (c % channels) throw new Error(`AutoencoderDC: ${c} channels do not average to ${channels}`);
  return mean(reshape(x, [n, channels, c / channels, h, w]), [2]);
}

/** Repeats each channel in place up to `channels`. */
function repeatChannels(x: Value, channels: number): Value {
  const [n, c, h, w] = x.shape as [number, number, number, number];
  if (channels % c) throw new Error(`AutoencoderDC: ${c} channels do not repeat to ${channels}`);
  const cells = reshape(x, [n, c, 1, h, w]);
  return reshape(broadcastTo(cells, [n, c, channels / c, h, w]), [n, channels, h, w]);
}
