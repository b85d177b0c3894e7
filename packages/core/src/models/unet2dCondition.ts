// The U-Net of Stable Diffusion 1 and 2, parameters named as in diffusers' UNet2DConditionModel.

import { checkObject } from '../checks/index.js';
import type { Value } from '../graph/value.js';
import * as layers from '../nn/layers.js';
import { checkScope, type Scope, transformedScope } from '../nn/scope.js';
import { normActivate } from './blocks/resnet.js';
import { upBlock } from './blocks/unet.js';
import { combineHooks, type OwnedHooks } from './combineHooks.js';
import type { UNet2dConditionConfig } from './unet2dConditionConfig.js';
import { blockContext, encode, firstSkips, type UNetInputs } from './unetEncoder.js';

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
  return unetWithCut(root, config, inputs, plugins).output;
}

/** Where a U-Net is cut in two, see `unetWithCut`. */
export interface UNetCut {
  /** Layers of the last up block behind the cut: 1 (the default) to `mostShallowLayers`. */
  readonly layers?: number;
  /** The map at the cut; default: the deep part of the network computes it. */
  readonly deep?: Value;
}

/** The most layers that can stand behind a cut: all those of the last up block. */
export const mostShallowLayers = ({ layers_per_block: [first] }: UNet2dConditionConfig): number => first + 1;

/**
 * The U-Net in two parts, as deep feature caching needs them (DeepCache, Ma et al., arXiv 2312.00858): the shallow part is the last
 * layers of the decoder and the layers of the encoder whose maps they join on, the deep part is all that lies between. Gives the
 * prediction, and the map [N, C, H, W] at the cut, which changes little between two calls.
 */
export function unetWithCut(
  root: Scope,
  config: UNet2dConditionConfig,
  inputs: UNetInputs,
  plugins: readonly OwnedHooks[],
  { layers: shallow = 1, deep }: UNetCut = {},
): { readonly output: Value; readonly deep: Value } {
  const hooks = combineHooks(plugins);
  const scope = transformedScope(root, hooks.parameter);
  const context = blockContext(scope, config, inputs, hooks);
  const last = config.block_out_channels.length - 1;
  const first = mostShallowLayers(config) - shallow;
  const lastBlock = scope.at('up_blocks', last);
  if (deep) {
    const skips = firstSkips(scope, inputs.sample, context, shallow);
    return { output: output(scope, config, upBlock(lastBlock, deep, skips, last, context, { first })), deep };
  }
  const { skips, mid } = encode(scope, inputs.sample, context);
  const left = [...skips];
  let x = mid;
  for (let level = 0; level < last; level++) {
    x = upBlock(scope.at('up_blocks', level), x, left, level, context);
  }
  let atCut = x;
  const onLayer = (index: number, map: Value): void => {
    if (index === first) atCut = map;
  };
  return {
    output: output(scope, config, upBlock(lastBlock, x, left, last, context, { onLayer })),
    deep: atCut,
  };
}

function output(scope: Scope, config: UNet2dConditionConfig, x: Value): Value {
  const size = config.conv_out_kernel;
  const norm = { groups: config.norm_num_groups, epsilon: config.norm_eps };
  const y = normActivate(scope.at('conv_norm_out'), x, norm);
  return layers.conv2d(scope.at('conv_out'), y, config.out_channels, size, { padding: (size - 1) / 2 });
}
