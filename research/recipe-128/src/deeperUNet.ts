// Published weights of a U-Net in one with more resnets a level, which then computes what the shallower one did.

import { type Tensor, type Tensors, tensor } from '@spatiallock/core';
import type { UNet2dConditionConfig } from '@spatiallock/core/models';

/**
 * The weights of a U-Net of config `from` for one of config `to` that differs by `layers_per_block` alone, no less at
 * any level, and only at levels without attention. A level's new resnets begin as the identity: behind the old ones on
 * the way down, and on the way up between the first and the second, so that every old one joins the map it knows.
 */
export function deeperUNet(given: Tensors, from: UNet2dConditionConfig, to: UNet2dConditionConfig): Tensors {
  const last = to.block_out_channels.length - 1;
  const moved = Object.entries(given).map(([name, value]) => [movedName(name, from, to), value] as const);
  const fresh = to.block_out_channels.flatMap((channels, level) => {
    const count = added(from, to, level);
    const down = newResnets(`down_blocks.${level}`, from.layers_per_block[level]!, count);
    const up = newResnets(`up_blocks.${last - level}`, 1, count);
    return [
      ...down.flatMap((resnet) => identity(resnet, channels, channels)),
      ...up.flatMap((resnet) => identity(resnet, channels, 2 * channels)),
    ];
  });
  return Object.fromEntries([...moved, ...fresh]);
}

const UP_RESNET = /^up_blocks\.(\d+)\.resnets\.([1-9]\d*)\./;

function movedName(name: string, from: UNet2dConditionConfig, to: UNet2dConditionConfig): string {
  return name.replace(UP_RESNET, (_, block: string, resnet: string) => {
    const level = to.block_out_channels.length - 1 - Number(block);
    return `up_blocks.${block}.resnets.${Number(resnet) + added(from, to, level)}.`;
  });
}

function added(from: UNet2dConditionConfig, to: UNet2dConditionConfig, level: number): number {
  return to.layers_per_block[level]! - from.layers_per_block[level]!;
}

function newResnets(block: string, first: number, count: number): string[] {
  return Array.from({ length: count }, (_, i) => `${block}.resnets.${first + i}`);
}

/** What makes a resnet hand on the first `channels` of its input: a second convolution of zeros. */
function identity(resnet: string, channels: number, joined: number): [string, Tensor][] {
  const silent: [string, Tensor][] = [
    [`${resnet}.conv2.weight`, tensor(new Float32Array(channels * channels * 9), [channels, channels, 3, 3])],
    [`${resnet}.conv2.bias`, tensor(new Float32Array(channels), [channels])],
  ];
  if (joined === channels) return silent;
  const kept = new Float32Array(channels * joined);
  for (let c = 0; c < channels; c++) kept[c * joined + c] = 1;
  return [
    ...silent,
    [`${resnet}.conv_shortcut.weight`, tensor(kept, [channels, joined, 1, 1])],
    [`${resnet}.conv_shortcut.bias`, tensor(new Float32Array(channels), [channels])],
  ];
}
