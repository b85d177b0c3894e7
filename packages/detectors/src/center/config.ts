// What a `center` detector is made of: the fields of its config.json.

import { configReader, MOST_LAYERS } from '@spatiallock/core/models';

/** The config.json of a `center` detector. */
export interface CenterConfig {
  readonly _class_name: 'CenterDetector';
  /** What it tells apart; label k has channel k of the heatmap. */
  readonly labels: readonly string[];
  /** Pixels per side of the pictures that it sees, a multiple of 16. */
  readonly image_size: number;
  /** Channels at strides 2, 4, 8 and 16; all but the first are multiples of `norm_groups`. */
  readonly channels: readonly number[];
  /** Residual blocks at strides 4, 8 and 16 on the way down. */
  readonly blocks: readonly number[];
  readonly norm_groups: number;
  /** Channels of the two heads. */
  readonly head_channels: number;
  /** Distances to an edge are distributions over 0, bin_size, ..., (bins - 1) * bin_size pixels. */
  readonly bins: number;
  readonly bin_size: number;
}

/** Pixels between neighbouring cells of the outputs. */
export const CENTER_STRIDE = 4;

/** The config of the embedded `center` detector, without its labels. */
export const defaultCenterConfig: Omit<CenterConfig, 'labels'> = {
  _class_name: 'CenterDetector',
  image_size: 128,
  channels: [32, 48, 80, 144],
  blocks: [1, 1, 2],
  norm_groups: 8,
  head_channels: 64,
  bins: 20,
  bin_size: 4,
};

/** Reads a parsed config.json; throws an error that names the field and how to fix it. */
export function parseCenterConfig(json: unknown): CenterConfig {
  const defaults = defaultCenterConfig;
  const read = configReader(json, defaults._class_name);
  const config: CenterConfig = {
    _class_name: defaults._class_name,
    labels: read.strings('labels', []),
    image_size: read.integer('image_size', defaults.image_size, 16, 4096),
    channels: read.integers('channels', defaults.channels),
    blocks: read.integers('blocks', defaults.blocks, MOST_LAYERS),
    norm_groups: read.integer('norm_groups', defaults.norm_groups),
    head_channels: read.integer('head_channels', defaults.head_channels),
    bins: read.integer('bins', defaults.bins, 2, 1024),
    bin_size: read.number('bin_size', defaults.bin_size),
  };
  const { labels, channels, blocks, norm_groups: groups } = config;
  if (new Set(labels).size !== labels.length) read.fail('labels', 'must not repeat a label');
  if (config.image_size % 16 !== 0) read.fail('image_size', `${config.image_size} must be a multiple of 16`);
  if (channels.length !== 4) read.fail('channels', `has ${channels.length} entries, needs 4`);
  if (blocks.length !== 3) read.fail('blocks', `has ${blocks.length} entries, needs 3`);
  const uneven = [...channels.slice(1), config.head_channels].find((width) => width % groups !== 0);
  if (uneven !== undefined) read.fail('norm_groups', `${groups} must divide ${uneven} channels`);
  if (config.bin_size <= 0) read.fail('bin_size', `${config.bin_size} must be greater than 0`);
  return config;
}

/** Cells per side of the outputs. */
export const gridOf = (config: CenterConfig): number => config.image_size / CENTER_STRIDE;
