// ControlNet (Zhang et al., arXiv 2302.05543): a copy of the U-Net's first half that also reads a picture.

import { mean, silu, type Value } from '@spatiallock/core/graph';
import { type UNetInputs, unetEncoder } from '@spatiallock/core/models';
import { layers, type Scope, zeros } from '@spatiallock/core/nn';
import type { ControlNetConfig } from './config.js';

export interface ControlInputs extends UNetInputs {
  /** [N, conditioning_channels, H * factor, W * factor] in 0..1, channels as the checkpoint orders them. */
  readonly image: Value;
}

/** What is added to the U-Net's maps, each [N, C, h, w], or [N, C, 1, 1] with `global_pool_conditions`. */
export interface ControlResiduals {
  readonly skips: readonly Value[];
  readonly mid: Value;
}

/** Parameters as diffusers' ControlNetModel names them, under `scope`. */
export function controlResiduals(
  scope: Scope,
  config: ControlNetConfig,
  { image, ...inputs }: ControlInputs,
): ControlResiduals {
  const embedded = imageEmbedding(scope.at('controlnet_cond_embedding'), config, image);
  const { skips, mid } = unetEncoder(scope, config, inputs, embedded);
  const projected = (at: Scope, map: Value): Value => {
    const residual = layers.conv2d(at, map, map.shape[1], 1, { init: zeros });
    return config.global_pool_conditions ? mean(residual, [2, 3], true) : residual;
  };
  return {
    skips: skips.map((map, i) => projected(scope.at('controlnet_down_blocks', i), map)),
    mid: projected(scope.at('controlnet_mid_block'), mid),
  };
}

/** The image on the grid of the latents: [N, channels, H * factor, W * factor] -> [N, block_out_channels[0], H, W]. */
export function imageEmbedding(
  scope: Scope,
  { conditioning_embedding_out_channels: channels, block_out_channels: [width] }: ControlNetConfig,
  image: Value,
): Value {
  const convolve = (at: Scope, map: Value, count: number, stride = 1): Value =>
    silu(layers.conv2d(at, map, count, 3, { padding: 1, stride }));
  let map = convolve(scope.at('conv_in'), image, channels[0]);
  channels.slice(1).forEach((next, i) => {
    map = convolve(scope.at('blocks', 2 * i), map, channels[i]);
    map = convolve(scope.at('blocks', 2 * i + 1), map, next, 2);
  });
  return layers.conv2d(scope.at('conv_out'), map, width, 3, { padding: 1, init: zeros });
}
