// What a run samples, and with what.

import type { AbortSignalLike } from '../abort.js';
import type { Shape, Tensor } from '../graph/tensor.js';
import type { Graph } from '../graph/value.js';
import type { UNet2dConditionConfig } from '../models/unet2dConditionConfig.js';
import type { PluginOptions } from '../plugin/callOptions.js';
import type { Guidance } from '../plugin/guidance.js';
import type { Plugin } from '../plugin/plugin.js';
import type { DecoderComponent } from './decoding.js';
import type { UNetPart } from './deepCache.js';
import type { GraphCache, GraphLease } from './graphCache.js';
import type { Sides } from './imagePlanes.js';
import type { Layout } from './layout.js';
import type { ResolvedOptions } from './options.js';
import type { CheckedPromptOptions } from './promptTokens.js';
import type { Source } from './source.js';
import type { TextComponent } from './textEncoding.js';
import type { UNetSizes } from './unet.js';

export interface UNetComponent {
  readonly config: UNet2dConditionConfig;
  readonly graphs: GraphCache;
  /** Sides of the latents that the model was made for. */
  readonly height: number;
  readonly width: number;
  /** Whether the checkpoint holds a parameter of that name. */
  has(name: string): boolean;
  /** All of the U-Net, or a part of it for deep feature caching. */
  build(sizes: UNetSizes, part?: UNetPart): Graph;
}

/** A plugin that guides, and its graphs. */
export interface GuideComponent {
  readonly plugin: Plugin;
  readonly guidance: Guidance;
  readonly graphs: GraphCache;
  build(sizes: UNetSizes): Graph;
}

/** All that samples; nothing in it changes. */
export interface Components {
  readonly unet: UNetComponent;
  readonly text: TextComponent;
  readonly decoding: DecoderComponent;
  readonly plugins: readonly Plugin[];
  readonly guides: readonly GuideComponent[];
}

/** One run: what is sampled, and how. */
export interface SamplingRun {
  readonly layouts: readonly Layout[];
  readonly options: ResolvedOptions;
  readonly pluginOptions: PluginOptions;
  /** How prompts are read. */
  readonly prompts: CheckedPromptOptions;
  /** Of the pictures, in pixels. */
  readonly size: Sides;
  /** What is painted over. */
  readonly source?: Source;
  /** Instead of the seed's first noise. */
  readonly latents?: Tensor;
  readonly signal?: AbortSignalLike;
}

export interface Conditions extends SamplingRun {
  readonly components: Components;
  readonly shape: Shape;
  /** What a U-Net that inpaints is given beside the latents of each picture. */
  readonly condition?: Tensor;
  /** Takes in what is to be released at the end. */
  readonly leases: GraphLease[];
}
