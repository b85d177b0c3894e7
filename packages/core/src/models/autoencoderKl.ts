// The autoencoder of Stable Diffusion, parameters named as in diffusers' AutoencoderKL.

import { add, maximum, minimum } from '../graph/elementwise.js';
import { split } from '../graph/layout.js';
import { type Tensor, type Tensors, withShape } from '../graph/tensor.js';
import type { Value } from '../graph/value.js';
import * as layers from '../nn/layers.js';
import type { Scope } from '../nn/scope.js';
import type { AutoencoderKlConfig } from './autoencoderKlConfig.js';
import { multiHeadAttention, toMap, toTokens } from './blocks/attention.js';
import { downsample, normActivate, resnet, upsample } from './blocks/resnet.js';

const EPSILON = 1e-6;

/** A normal distribution of each latent. */
export interface LatentDistribution {
  /** [N, latent_channels, h, w]. */
  readonly mean: Value;
  /** Logarithm of the variance, held within -30..20. */
  readonly logvar: Value;
}

/** Image [N, in_channels, H, W] in -1..1 to latents of 1 / 2^(levels - 1) of its sides, not yet scaled. */
export function encode(scope: Scope, config: AutoencoderKlConfig, image: Value): LatentDistribution {
  const at = scope.at('encoder');
  const { block_out_channels: channels, latent_channels: width } = config;
  let x = layers.conv2d(at.at('conv_in'), image, channels[0], 3, { padding: 1 });
  channels.forEach((count, level) => {
    const block = at.at('down_blocks', level);
    x = resnets(block, config, x, count, config.layers_per_block);
    if (level < channels.length - 1) x = downsample(block, x, 0);
  });
  const moments = head(at, config, middle(at.at('mid_block'), config, x), width * 2);
  const mixed = config.use_quant_conv
    ? layers.conv2d(scope.at('quant_conv'), moments, width * 2, 1)
    : moments;
  const [mean, logvar] = split(mixed, 2, 1);
  return { mean, logvar: minimum(maximum(logvar, -30), 20) };
}

/** Latents [N, latent_channels, h, w], with no scaling factor on them, to an image [N, out_channels, H, W]. */
export function decode(scope: Scope, config: AutoencoderKlConfig, latents: Value): Value {
  const at = scope.at('decoder');
  const channels = config.block_out_channels.toReversed();
  const mixed = config.use_post_quant_conv
    ? layers.conv2d(scope.at('post_quant_conv'), latents, config.latent_channels, 1)
    : latents;
  let x = layers.conv2d(at.at('conv_in'), mixed, channels[0], 3, { padding: 1 });
  x = middle(at.at('mid_block'), config, x);
  channels.forEach((count, level) => {
    const block = at.at('up_blocks', level);
    x = resnets(block, config, x, count, config.layers_per_block + 1);
    if (level < channels.length - 1) x = upsample(block, x);
  });
  return head(at, config, x, config.out_channels);
}

/** Names of the attention layers in checkpoints made before diffusers 0.18, and today's. */
const RENAMED: Readonly<Record<string, string>> = {
  query: 'to_q',
  key: 'to_k',
  value: 'to_v',
  proj_attn: 'to_out.0',
};

const ATTENTION_WEIGHT = /\.attentions\.\d+\.(to_q|to_k|to_v|to_out\.0)\.weight$/;

/**
 * The parameters under today's names and shapes: early checkpoints of Stable Diffusion 1 call the attention layers
 * otherwise, and files converted from them hold these layers as 1x1 convolutions, [C, C, 1, 1].
 */
export function upgradeNames(params: Tensors): Tensors {
  const rename = (name: string) =>
    name.replace(
      /^(.*\.attentions\.\d+\.)(query|key|value|proj_attn)\.(weight|bias)$/,
      (_, path: string, layer: string, kind: string) => `${path}${RENAMED[layer]}.${kind}`,
    );
  const renamed = Object.entries(params).map(([name, tensor]) => [rename(name), tensor] as const);
  return Object.fromEntries(
    renamed.map(([name, tensor]) => [name, ATTENTION_WEIGHT.test(name) ? withoutKernel(tensor) : tensor]),
  );
}

/** A 1x1 convolution's weight as a linear layer's. */
function withoutKernel(given: Tensor): Tensor {
  const { shape } = given;
  const [out, from, ...kernel] = shape;
  if (kernel.length === 0 || kernel.some((size) => size !== 1)) return given;
  return withShape(given, [out!, from!]);
}

function resnets(
  scope: Scope,
  config: AutoencoderKlConfig,
  x: Value,
  channels: number,
  count: number,
): Value {
  let map = x;
  for (let i = 0; i < count; i++) map = resnet(scope.at('resnets', i), map, channels, normOf(config));
  return map;
}

function middle(scope: Scope, config: AutoencoderKlConfig, x: Value): Value {
  const channels = x.shape[1];
  const first = resnet(scope.at('resnets', 0), x, channels, normOf(config));
  const seen = config.mid_block_add_attention
    ? pixelAttention(scope.at('attentions', 0), config, first)
    : first;
  return resnet(scope.at('resnets', 1), seen, channels, normOf(config));
}

/** Self-attention of all pixels, one head, beside a shortcut. */
function pixelAttention(scope: Scope, config: AutoencoderKlConfig, x: Value): Value {
  const [, , height, width] = x.shape;
  const { groups, epsilon } = normOf(config);
  const tokens = toTokens(layers.groupNorm(scope.at('group_norm'), x, groups, epsilon));
  const mixed = multiHeadAttention(scope, tokens, tokens, { heads: 1, bias: true });
  return add(x, toMap(mixed, height, width));
}

function head(scope: Scope, config: AutoencoderKlConfig, x: Value, channels: number): Value {
  const y = normActivate(scope.at('conv_norm_out'), x, normOf(config));
  return layers.conv2d(scope.at('conv_out'), y, channels, 3, { padding: 1 });
}

const normOf = (config: AutoencoderKlConfig) => ({ groups: config.norm_num_groups, epsilon: EPSILON });
