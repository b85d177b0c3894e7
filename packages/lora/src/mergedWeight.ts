// A changed weight as numbers, computed on the host.

import { add, input, interpret, multiply, type Tensor } from '@spatiallock/core';
import { delta } from './delta.js';
import { type LoraLayer, loraFactor } from './loraFile.js';

/** W + scale * alpha / rank * up (mid) down, in the shape of `weight`. */
export function mergedWeight(weight: Tensor, layer: LoraLayer, scale: number): Tensor {
  const { down, up, mid } = layer;
  const given = { weight, down, up, ...(mid ? { mid } : {}) };
  const value = (name: string, { shape }: Tensor) => input(name, shape);
  const like = value('weight', weight);
  const parts = {
    down: value('down', down),
    up: value('up', up),
    ...(mid ? { mid: value('mid', mid) } : {}),
  };
  const merged = add(like, multiply(delta(parts, like), scale * loraFactor(layer)));
  return interpret({ merged }, given).merged!;
}
