// The first half of the U-Net: from noisy latents to the maps that the decoder joins on, and the mid block.

import { checkObject } from '../checks/index.js';
import { silu } from '../graph/composite.js';
import { add, multiply, subtract } from '../graph/elementwise.js';
import { sameShape } from '../graph/shapes.js';
import type { Value } from '../graph/value.js';
import * as layers from '../nn/layers.js';
import type { Scope } from '../nn/scope.js';
import { checkScope } from '../nn/scope.js';
import { sinusoids, timestepEmbedding } from './blocks/timestep.js';
import { type BlockContext, downBlock, downLayers, midBlock } from './blocks/unet.js';
import { type CombinedHooks, combineHooks } from './combineHooks.js';
import type { UNetEncoderConfig } from './unetEncoderConfig.js';

/** Inputs of a U-Net: latents [N, C, h, w], timestep [N], text [N, T, D]. */
export interface UNetInputs {
  /** Noisy latents [N, in_channels, H, W]. */
  readonly sample: Value;
  /** One float32 timestep an image: [N]. */
  readonly timestep: Value;
  /** Token vectors of the caption [N, T, cross_attention_dim]. */
  readonly encoderHiddenStates: Value;
  /** `guidanceEmbedding` of each image, [N, time_cond_proj_dim]; left out, the network predicts without guidance. */
  readonly timestepCondition?: Value;
}

/** What the decoder of a U-Net is given. */
export interface UNetEncoding {
  /** The maps that the decoder joins on, the output of `conv_in` first: [N, C, H, W] each. */
  readonly skips: readonly Value[];
  /** The end of the mid block, [N, C, H, W]. */
  readonly mid: Value;
}

/**
 * A copy of the U-Net's first half with parameters of its own under `scope`, named as in diffusers, for networks that stand
 * beside the U-Net. `added` [N, block_out_channels[0], H, W] joins the output of `conv_in`. No plugin's hook acts in it.
 * Throws an error that names the input which does not fit the config.
 */
export function unetEncoder(
  scope: Scope,
  config: UNetEncoderConfig,
  inputs: UNetInputs,
  added?: Value,
): UNetEncoding {
  checkScope(scope, 'scope');
  checkObject(config, 'config');
  checkObject(inputs, 'inputs');
  return encode(scope, inputs.sample, blockContext(scope, config, inputs, combineHooks([])), added);
}

/** What the blocks of one U-Net share; throws where an input does not fit the config. */
export function blockContext<Config extends UNetEncoderConfig>(
  scope: Scope,
  config: Config,
  inputs: UNetInputs,
  hooks: CombinedHooks,
): BlockContext<Config> {
  checkInputs(config, inputs);
  return { config, text: inputs.encoderHiddenStates, time: timeVector(scope, config, inputs), hooks };
}

/** The first half in a context, with its hooks. */
export function encode(scope: Scope, sample: Value, context: BlockContext, added?: Value): UNetEncoding {
  const { config } = context;
  const entered = enter(scope, sample, context, added);
  let { x } = entered;
  const skips = [entered.skip];
  for (const level of config.block_out_channels.keys()) {
    const block = downBlock(scope.at('down_blocks', level), x, level, context, skips.length);
    x = block.x;
    skips.push(...block.skips);
  }
  return { skips, mid: midBlock(scope.at('mid_block'), x, context) };
}

/** The first `count` maps that the decoder joins on: the output of `conv_in`, and those of layers of the first block. */
export function firstSkips(scope: Scope, sample: Value, context: BlockContext, count: number): Value[] {
  const { x, skip } = enter(scope, sample, context);
  return [skip, ...downLayers(scope.at('down_blocks', 0), x, 0, context, 1, count - 1).skips];
}

/** The output of `conv_in`, and the same as the decoder joins it on. */
function enter(
  scope: Scope,
  sample: Value,
  { config, hooks }: BlockContext,
  added?: Value,
): { readonly x: Value; readonly skip: Value } {
  const centred = config.center_input_sample ? subtract(multiply(sample, 2), 1) : sample;
  const size = config.conv_in_kernel;
  const first = layers.conv2d(scope.at('conv_in'), centred, config.block_out_channels[0], size, {
    padding: (size - 1) / 2,
  });
  const x = added ? joined(first, added) : first;
  return { x, skip: firstSkip(scope, x, hooks) };
}

function joined(map: Value, added: Value): Value {
  if (sameShape(map.shape, added.shape)) return add(map, added);
  throw new Error(`added: must be [${map.shape.join(', ')}], not [${added.shape.join(', ')}]`);
}

function firstSkip(scope: Scope, map: Value, hooks: CombinedHooks): Value {
  const [, , height, width] = map.shape;
  const place = { stage: 'down', block: 0, hasAttention: false, heads: 1, index: 0 } as const;
  return hooks.skip(map, { ...place, scope: scope.at('conv_in'), height, width });
}

/** Every resnet reads the activated embedding, so that it is activated once. */
function timeVector(
  scope: Scope,
  config: UNetEncoderConfig,
  { timestep, timestepCondition }: UNetInputs,
): Value {
  const base = config.block_out_channels[0];
  const waves = sinusoids(timestep, base, {
    flipSinToCos: config.flip_sin_to_cos,
    freqShift: config.freq_shift,
  });
  const embedding = scope.at('time_embedding');
  const conditioned = timestepCondition
    ? add(waves, layers.linear(embedding.at('cond_proj'), timestepCondition, base, { bias: false }))
    : waves;
  return silu(timestepEmbedding(embedding, conditioned, config.time_embedding_dim ?? base * 4));
}

function checkInputs(
  config: UNetEncoderConfig,
  { sample, timestep, encoderHiddenStates, timestepCondition }: UNetInputs,
): void {
  const [count, channels] = sample.shape;
  const text = encoderHiddenStates.shape;
  if (sample.shape.length !== 4 || channels !== config.in_channels) {
    throw new Error(`sample: must be [N, ${config.in_channels}, H, W], not [${sample.shape.join(', ')}]`);
  }
  if (timestep.shape.length !== 1 || timestep.shape[0] !== count || timestep.dtype !== 'float32') {
    const given = `[${timestep.shape.join(', ')}] of ${timestep.dtype}`;
    throw new Error(`timestep: must be [${count}] of float32, one for each image, not ${given}`);
  }
  if (text.length !== 3 || text[0] !== count || text[2] !== config.cross_attention_dim) {
    const wanted = `[${count}, T, ${config.cross_attention_dim}]`;
    throw new Error(`encoderHiddenStates: must be ${wanted}, not [${text.join(', ')}]`);
  }
  checkCondition(config, count, timestepCondition);
}

function checkCondition(
  { time_cond_proj_dim: width }: UNetEncoderConfig,
  count: number,
  given?: Value,
): void {
  if (!given) return;
  if (width === null) {
    throw new Error(
      'timestepCondition: this network has no guidance embedding (time_cond_proj_dim); leave it out',
    );
  }
  if (given.shape.length !== 2 || given.shape[0] !== count || given.shape[1] !== width) {
    throw new Error(`timestepCondition: must be [${count}, ${width}], not [${given.shape.join(', ')}]`);
  }
}
