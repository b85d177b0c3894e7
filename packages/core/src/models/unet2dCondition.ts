// The U-Net of Stable Diffusion 1 and 2, parameters named as in diffusers' UNet2DConditionModel.

import { checkObject } from '../checks/index.js';
import type { Value } from '../graph/value.js';
import * as layers from '../nn/layers.js';
import { checkScope, type Scope, transformedScope } from '../nn/scope.js';
import { normActivate } from './blocks/resnet.js';
import { upBlock } from './blocks/unet.js';
import { combineHooks, type OwnedHooks } from './combineHooks.js';
import type { UNet2dConditionConfig } from './unet2dConditionConfig.js';
import { blockContext, encode, type UNetInputs } from './unetEncoder.js';

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
  checkScope(root, 'root');
  checkObject(config, 'config');
  checkObject(inputs, 'inputs');
  const hooks = combineHooks(plugins);
  const scope = transformedScope(root, hooks.parameter);
  const context = blockContext(scope, config, inputs, hooks);
  const { skips, mid } = encode(scope, inputs.sample, context);
  const left = [...skips];
  let x = mid;
  for (const level of config.block_out_channels.keys()) {
    x = upBlock(scope.at('up_blocks', level), x, left, level, context);
  }
  return output(scope, config, x);
}

function output(scope: Scope, config: UNet2dConditionConfig, x: Value): Value {
  const size = config.conv_out_kernel;
  const norm = { groups: config.norm_num_groups, epsilon: config.norm_eps };
  const y = normActivate(scope.at('conv_norm_out'), x, norm);
  return layers.conv2d(scope.at('conv_out'), y, config.out_channels, size, { padding: (size - 1) / 2 });
}
