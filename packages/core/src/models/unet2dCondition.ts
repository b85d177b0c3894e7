// The U-Net of Stable Diffusion 1 and 2, parameters named as in diffusers' UNet2DConditionModel.

import { silu } from '../graph/composite.js';
import { add, multiply, subtract } from '../graph/elementwise.js';
import type { Value } from '../graph/value.js';
import * as layers from '../nn/layers.js';
import { type Scope, transformedScope } from '../nn/scope.js';
import { normActivate } from './blocks/resnet.js';
import { sinusoids, timestepEmbedding } from './blocks/timestep.js';
import { type BlockContext, downBlock, midBlock, upBlock } from './blocks/unet.js';
import { type CombinedHooks, combineHooks, type OwnedHooks } from './combineHooks.js';
import type { UNet2dConditionConfig } from './unet2dConditionConfig.js';

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

/**
 * Predicts noise, velocity or the clean latents (as the model was trained) for noisy latents.
 * Returns [N, out_channels, H, W]; H and W may be any size. Plugins enter through their hooks.
 */
export function unet2dCondition(
  root: Scope,
  config: UNet2dConditionConfig,
  inputs: UNetInputs,
  plugins: readonly OwnedHooks[] = [],
): Value {
  checkInputs(config, inputs);
  const hooks = combineHooks(plugins);
  const scope = transformedScope(root, hooks.parameter);
  const { sample, encoderHiddenStates: text } = inputs;
  const context: BlockContext = { config, text, time: timeVector(scope, config, inputs), hooks };
  const centred = config.center_input_sample ? subtract(multiply(sample, 2), 1) : sample;
  const size = config.conv_in_kernel;
  let x = layers.conv2d(scope.at('conv_in'), centred, config.block_out_channels[0], size, {
    padding: (size - 1) / 2,
  });
  const skips = [firstSkip(scope, x, hooks)];
  for (const level of config.block_out_channels.keys()) {
    const block = downBlock(scope.at('down_blocks', level), x, level, context, skips.length);
    x = block.x;
    skips.push(...block.skips);
  }
  x = midBlock(scope.at('mid_block'), x, context);
  for (const level of config.block_out_channels.keys()) {
    x = upBlock(scope.at('up_blocks', level), x, skips, level, context);
  }
  return output(scope, config, x);
}

function firstSkip(scope: Scope, map: Value, hooks: CombinedHooks): Value {
  const [, , height, width] = map.shape;
  const place = { stage: 'down', block: 0, hasAttention: false, heads: 1, index: 0 } as const;
  return hooks.skip(map, { ...place, scope: scope.at('conv_in'), height, width });
}

/** Every resnet reads the activated embedding, so that it is activated once. */
function timeVector(
  scope: Scope,
  config: UNet2dConditionConfig,
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

function output(scope: Scope, config: UNet2dConditionConfig, x: Value): Value {
  const size = config.conv_out_kernel;
  const norm = { groups: config.norm_num_groups, epsilon: config.norm_eps };
  const y = normActivate(scope.at('conv_norm_out'), x, norm);
  return layers.conv2d(scope.at('conv_out'), y, config.out_channels, size, { padding: (size - 1) / 2 });
}

function checkInputs(
  config: UNet2dConditionConfig,
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
  { time_cond_proj_dim: width }: UNet2dConditionConfig,
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
