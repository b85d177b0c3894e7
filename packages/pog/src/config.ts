// What a perception network is made of: the fields of perception/config.json. All of it is our choice.

import { showValue } from '@spatiallock/core/checks';
import { configReader } from '@spatiallock/core/models';

const STAGES = ['down', 'mid', 'up'] as const;
/** A stage of the U-Net whose activations are read. */
export type Stage = (typeof STAGES)[number];

/** The config.json of a perception network. */
export interface PerceptionConfig {
  readonly _class_name: 'PerceptionNetwork';
  /** Parts of the U-Net whose feature maps and attention are read; default the decoder alone: up. */
  readonly stages: readonly Stage[];
  /** Channels of an object's feature map; a multiple of `norm_groups`. Default 48. */
  readonly channels: number;
  /** Groups of channels that are normalised together. Default 8. */
  readonly norm_groups: number;
  /** Points of an edge's distribution: distances 0, 1 / (bins - 1), ..., 1 of the picture's side. Default 17. */
  readonly bins: number;
}

/** The config of the embedded model's perception network. */
export const defaultPerceptionConfig: PerceptionConfig = {
  _class_name: 'PerceptionNetwork',
  stages: ['up'],
  channels: 48,
  norm_groups: 8,
  bins: 17,
};

/** Reads a parsed config.json; fields left out take their defaults. Throws an error that names the field and how to fix it. */
export function parsePerceptionConfig(json: unknown): PerceptionConfig {
  const defaults = defaultPerceptionConfig;
  const read = configReader(json, defaults._class_name);
  const config: PerceptionConfig = {
    _class_name: defaults._class_name,
    stages: read.strings('stages', defaults.stages) as readonly Stage[],
    channels: read.integer('channels', defaults.channels, 1, 4096),
    norm_groups: read.integer('norm_groups', defaults.norm_groups),
    bins: read.integer('bins', defaults.bins, 2, 1024),
  };
  const stray = config.stages.find((stage) => !STAGES.includes(stage));
  if (stray !== undefined) read.fail('stages', `${showValue(stray)} must be one of ${STAGES.join(', ')}`);
  if (config.channels % config.norm_groups !== 0) {
    read.fail('norm_groups', `${config.norm_groups} must divide ${config.channels} channels`);
  }
  return config;
}
