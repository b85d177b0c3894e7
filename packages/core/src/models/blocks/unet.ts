// The blocks of the U-Net: resnets, each followed by a transformer where the block's type says so.

import { concat } from '../../graph/layout.js';
import type { Value } from '../../graph/value.js';
import type { Scope } from '../../nn/scope.js';
import type { CombinedHooks } from '../combineHooks.js';
import type { Site } from '../hooks.js';
import type { UNet2dConditionConfig } from '../unet2dConditionConfig.js';
import type { UNetEncoderConfig } from '../unetEncoderConfig.js';
import { downsample, resnet, upsample } from './resnet.js';
import { transformer } from './transformer.js';

/** What all blocks of one U-Net share. */
export interface BlockContext<Config extends UNetEncoderConfig = UNetEncoderConfig> {
  readonly config: Config;
  /** The activated time embedding [N, D]. */
  readonly time: Value;
  /** Token vectors of the caption [N, T, D]. */
  readonly text: Value;
  readonly hooks: CombinedHooks;
}

interface Level {
  readonly place: Pick<Site, 'stage' | 'block'>;
  readonly channels: number;
  readonly heads: number;
  readonly depth: number;
  readonly attention: boolean;
  readonly onlyCrossAttention: boolean;
}

interface DownLayers {
  readonly level: Level;
  readonly x: Value;
  /** The maps that the decoder joins on. */
  readonly skips: readonly Value[];
}

/** The first `count` layers of a block, or all that it has; `kept` maps were kept before it. */
export function downLayers(
  scope: Scope,
  x: Value,
  block: number,
  context: BlockContext,
  kept: number,
  count = Number.POSITIVE_INFINITY,
): DownLayers {
  const { config } = context;
  const type = config.down_block_types[block];
  const level = levelOf(config, block, { stage: 'down', block }, type === 'CrossAttnDownBlock2D');
  const skips: Value[] = [];
  let map = x;
  for (let i = 0; i < Math.min(config.layers_per_block[block], count); i++) {
    map = layer(scope, map, i, level, context);
    skips.push(keptSkip(scope, map, level, context, kept + i));
  }
  return { level, x: map, skips };
}

/** Returns the block's end and the maps that the decoder joins on; `kept` maps were kept before it. */
export function downBlock(
  scope: Scope,
  x: Value,
  block: number,
  context: BlockContext,
  kept: number,
): { readonly x: Value; readonly skips: readonly Value[] } {
  const { config } = context;
  const { level, x: map, skips } = downLayers(scope, x, block, context, kept);
  if (block === config.block_out_channels.length - 1) {
    return { x: readFeatures(scope, map, level, context), skips };
  }
  const half = downsample(scope, map, config.downsample_padding);
  const last = keptSkip(scope, half, level, context, kept + skips.length);
  return { x: readFeatures(scope, half, level, context), skips: [...skips, last] };
}

const keptSkip = (scope: Scope, map: Value, level: Level, { hooks }: BlockContext, index: number): Value =>
  hooks.skip(map, { ...siteAt(scope, map, level), index });

export function midBlock(scope: Scope, x: Value, context: BlockContext): Value {
  const { config } = context;
  const deepest = config.block_out_channels.length - 1;
  const attends = config.mid_block_type === 'UNetMidBlock2DCrossAttn';
  const level = {
    ...levelOf(config, deepest, { stage: 'mid', block: 0 }, attends),
    onlyCrossAttention: false,
  };
  const changed = (map: Value): Value => context.hooks.mid(map, siteAt(scope, map, level));
  if (config.mid_block_type === null) return changed(x);
  const first = layer(scope, x, 0, level, context);
  const last = attends ? timedResnet(scope.at('resnets', 1), first, level, context) : first;
  return readFeatures(scope, changed(last), level, context);
}

export interface UpBlockOptions {
  /** The layer that `x` enters; default the first. */
  readonly first?: number;
  /** Called with the map that enters each layer. */
  readonly onLayer?: (index: number, map: Value) => void;
}

/** Takes what it joins on off the end of `skips`. */
export function upBlock(
  scope: Scope,
  x: Value,
  skips: Value[],
  block: number,
  context: BlockContext<UNet2dConditionConfig>,
  { first = 0, onLayer }: UpBlockOptions = {},
): Value {
  const { config } = context;
  const last = config.block_out_channels.length - 1;
  const type = config.up_block_types[block];
  const mirrored = levelOf(config, last - block, { stage: 'up', block }, type === 'CrossAttnUpBlock2D');
  const level = {
    ...mirrored,
    depth: config.reverse_transformer_layers_per_block?.[block] ?? mirrored.depth,
  };
  let map = x;
  for (let i = first; i <= config.layers_per_block[last - block]; i++) {
    onLayer?.(i, map);
    map = layer(
      scope,
      joined(scope.at('resnets', i), map, takeSkip(skips), level, context),
      i,
      level,
      context,
    );
  }
  const next = skips.at(-1);
  if (next && block < last) map = upsample(scope, map, next.shape[2], next.shape[3]);
  return readFeatures(scope, map, level, context);
}

function joined(scope: Scope, backbone: Value, skip: Value, level: Level, { hooks }: BlockContext): Value {
  const maps = hooks.beforeConcat({ backbone, skip }, siteAt(scope, backbone, level));
  return concat([maps.backbone, maps.skip], 1);
}

function takeSkip(skips: Value[]): Value {
  const skip = skips.pop();
  if (!skip) throw new Error('the up blocks ask for more maps than the down blocks gave');
  return skip;
}

/** One resnet, and the transformer that may follow it. */
function layer(scope: Scope, x: Value, index: number, level: Level, context: BlockContext): Value {
  const { config, hooks, text } = context;
  const map = timedResnet(scope.at('resnets', index), x, level, context);
  if (!level.attention) return map;
  return transformer(scope.at('attentions', index), map, text, {
    depth: level.depth,
    heads: level.heads,
    groups: config.norm_num_groups,
    onlyCrossAttention: level.onlyCrossAttention,
    linearProjection: config.use_linear_projection,
    hooks,
    place: level.place,
  });
}

function timedResnet(scope: Scope, x: Value, level: Level, { config, time, hooks }: BlockContext): Value {
  const { norm_num_groups: groups, norm_eps: epsilon } = config;
  const map = resnet(scope, x, level.channels, { groups, epsilon, time });
  return hooks.afterResnet(map, siteAt(scope, map, level));
}

function readFeatures(scope: Scope, map: Value, level: Level, { hooks }: BlockContext): Value {
  hooks.features(map, siteAt(scope, map, level));
  return map;
}

function siteAt(scope: Scope, map: Value, { place, attention, heads }: Level): Site {
  const [, , height, width] = map.shape;
  return { ...place, scope, height, width, hasAttention: attention, heads: attention ? heads : 1 };
}

function levelOf(config: UNetEncoderConfig, index: number, place: Level['place'], attention: boolean): Level {
  return {
    place,
    attention,
    channels: config.block_out_channels[index],
    heads: config.attention_head_dim[index],
    depth: config.transformer_layers_per_block[index],
    onlyCrossAttention: config.only_cross_attention[index],
  };
}
