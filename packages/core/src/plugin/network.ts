// What a plugin adds to the graph of the U-Net.

import type { Value, Values } from '../graph/value.js';
import type { UNetHooks } from '../models/hooks.js';
import type { UNet2dConditionConfig } from '../models/unet2dConditionConfig.js';
import type { Scope } from '../nn/scope.js';
import type { GuidancePart } from './guidance.js';
import type { TrainingPart } from './training.js';

/** What a plugin knows while a graph that holds the U-Net is built. */
export interface NetworkContext {
  /**
   * The root under which the U-Net's parameters are named, and the plugin's own are made. Parameters asked for here are
   * not changed by the `parameter` hook; those of a hook's `site.scope` are.
   */
  readonly scope: Scope;
  readonly config: UNet2dConditionConfig;
  /** The latents that the network is given, [N, C, height, width]. */
  readonly sample: Value;
  /** The timestep of each row, [N]. */
  readonly timestep: Value;
  /** Token vectors of each row's prompt, [N, tokens, D]. */
  readonly text: Value;
  /** Rows of a batch, N. */
  readonly batch: number;
  /** Sides of the latents. */
  readonly height: number;
  readonly width: number;
  /** Tokens of a prompt, in all its chunks. */
  readonly tokens: number;
  /** The most objects of any picture that the graph must serve. */
  readonly objects: number;
  /** Whether the checkpoint holds a parameter of that name; always true in training from scratch. */
  has(name: string): boolean;
}

/** What one plugin adds to one graph. */
export interface NetworkPart {
  /** Graph inputs of the plugin's own, by names that start with the plugin's: `softMiddle.gain`. `Plugin.feed` feeds them. */
  readonly inputs?: Values;
  readonly hooks?: UNetHooks;
  /** The graph side of `Plugin.guidance`; used only where latents are guided. */
  readonly guidance?: GuidancePart;
  /** The graph side of `Plugin.training`; used only in training. */
  readonly training?: TrainingPart;
}

/** What a plugin knows while the graph of the text encoder is built. */
export interface TextNetworkContext {
  /** The root under which the text encoder's parameters are named, and the plugin's own are made. */
  readonly scope: Scope;
}

/** What one plugin adds to the graph of the text encoder. */
export interface TextNetworkPart {
  /** Graph inputs of the plugin's own, by names that start with the plugin's. `Plugin.text.feed` feeds them. */
  readonly inputs?: Values;
  readonly hooks?: Pick<UNetHooks, 'parameter'>;
}
