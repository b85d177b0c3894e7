// Residual convolution blocks and changes of resolution, named as diffusers' ResnetBlock2D, Downsample2D, Upsample2D.

import { silu, upsampleNearest } from '../../graph/composite.js';
import { add } from '../../graph/elementwise.js';
import { reshape, slice } from '../../graph/layout.js';
import type { Value } from '../../graph/value.js';
import * as layers from '../../nn/layers.js';
import type { Scope } from '../../nn/scope.js';

/** Groups and epsilon of a group normalization. */
export interface NormOptions {
  readonly groups: number;
  readonly epsilon: number;
}

/** Options of a ResNet block; `time` is the time embedding, [N, D]. */
export interface ResnetOptions extends NormOptions {
  /** The activated time embedding [N, D]; autoencoders have none. */
  readonly time?: Value;
}

/** GroupNorm, then SiLU. */
export function normActivate(scope: Scope, x: Value, { groups, epsilon }: NormOptions): Value {
  return silu(layers.groupNorm(scope, x, groups, epsilon));
}

/** Two 3x3 convolutions beside a shortcut: x [N, C, H, W] -> [N, channels, H, W]. */
export function resnet(scope: Scope, x: Value, channels: number, options: ResnetOptions): Value {
  const { time } = options;
  const first = layers.conv2d(scope.at('conv1'), normActivate(scope.at('norm1'), x, options), channels, 3, {
    padding: 1,
  });
  const timed = time ? add(first, timeShift(scope, time, channels)) : first;
  const second = layers.conv2d(
    scope.at('conv2'),
    normActivate(scope.at('norm2'), timed, options),
    channels,
    3,
    { padding: 1 },
  );
  const shortcut = x.shape[1] === channels ? x : layers.conv2d(scope.at('conv_shortcut'), x, channels, 1);
  return add(shortcut, second);
}

function timeShift(scope: Scope, time: Value, channels: number): Value {
  const shift = layers.linear(scope.at('time_emb_proj'), time, channels);
  return reshape(shift, [time.shape[0], channels, 1, 1]);
}

/**
 * Halves both sides by a convolution of stride 2: [N, C, H, W] -> [N, C, ceil(H / 2), ceil(W / 2)].
 * Padding 0 stands for one pixel right and below, as in the autoencoder.
 */
export function downsample(scope: Scope, x: Value, padding: number): Value {
  const sides = padding === 0 ? ([0, 0, 1, 1] as const) : padding;
  return layers.conv2d(scope.at('downsamplers', 0, 'conv'), x, x.shape[1], 3, { stride: 2, padding: sides });
}

/** Doubles both sides and convolves; `height` and `width` cut what an odd side has too much. */
export function upsample(scope: Scope, x: Value, height = x.shape[2] * 2, width = x.shape[3] * 2): Value {
  const [count, channels] = x.shape;
  const large = slice(upsampleNearest(x, 2), [0, 0, 0, 0], [count, channels, height, width]);
  return layers.conv2d(scope.at('upsamplers', 0, 'conv'), large, channels, 3, { padding: 1 });
}
