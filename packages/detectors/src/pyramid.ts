// The way down that the detectors trained here share in kind; each has weights of its own.

import { layers, pixelUnshuffle, type Scope, silu, type Value } from '@spatiallock/core';
import { type ConfigSize, type NormOptions, resnet } from '@spatiallock/core/models';

export interface PyramidConfig {
  /** Channels at strides 2, 4, 8 and 16; all but the first are multiples of `norm_groups`. */
  readonly channels: readonly number[];
  /** Residual blocks at strides 4, 8 and 16. */
  readonly blocks: readonly number[];
  readonly norm_groups: number;
}

export const normOf = (config: PyramidConfig): NormOptions => ({ groups: config.norm_groups, epsilon: 1e-5 });

/** Maps [N, C, h, w] at strides 4, 8 and 16 of `image` [N, 3, H, W]: `stem`, then `down.LEVEL`. */
export function wayDown(scope: Scope, config: PyramidConfig, image: Value): Value[] {
  const [stem, ...widths] = config.channels as readonly [number, ...number[]];
  const norm = normOf(config);
  let x = silu(layers.conv2d(scope.at('stem'), pixelUnshuffle(image, 2), stem, 3, { padding: 1 }));
  return widths.map((width, level) => {
    const down = scope.at('down', level);
    x = layers.conv2d(down.at('reduce'), pixelUnshuffle(x, 2), width, 1);
    for (let k = 0; k < config.blocks[level]; k++) x = resnet(down.at('blocks', k), x, width, norm);
    return x;
  });
}

/** The config's widths as the weights of `wayDown` hold them. */
export function pyramidSizes({ channels }: PyramidConfig): ConfigSize[] {
  const [stem, ...widths] = channels as readonly [number, ...number[]];
  return [
    { field: 'channels[0]', size: stem, tensor: 'stem.weight', axis: 0 },
    ...widths.map((size, level) => {
      return { field: `channels[${level + 1}]`, size, tensor: `down.${level}.reduce.weight`, axis: 0 };
    }),
  ];
}

/** A lower bound of its layers. */
export const pyramidLayers = ({ blocks }: PyramidConfig): number =>
  blocks.reduce((sum, count) => sum + count, 0);
