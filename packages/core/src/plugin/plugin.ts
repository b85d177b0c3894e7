// The plugin specification, version 1. Core knows no plugin; a plugin imports core alone.

import type { Tensors } from '../graph/tensor.js';
import type { Layout } from '../pipeline/layout.js';
import type { CallContext, FeedRow } from './feed.js';
import type { Guidance } from './guidance.js';
import type { LayoutContext, LayoutFields } from './layoutFields.js';
import type { NetworkContext, NetworkPart, TextNetworkContext, TextNetworkPart } from './network.js';
import type { CallProgress } from './progress.js';
import type { SamplingContext, SamplingPart } from './sampling.js';
import type { Training } from './training.js';
import type { PluginWeights } from './weights.js';

/** The version of the specification that this core takes. Optional fields may be added without a new version. */
export const PLUGIN_VERSION = 1;

/** The part of a plugin that changes the text encoder. */
export interface TextPlugin<Options = unknown> {
  /** Builds what the plugin adds to the text encoder. */
  network(context: TextNetworkContext): TextNetworkPart;
  /** The numbers for the inputs that `network` declares. */
  feed?(options: Options): Tensors;
}

/** A network that plugins may change, by its folder in diffusers' layout. */
export type ComponentName = 'unet' | 'text_encoder';

/**
 * A plugin: a plain object of which every part but `name` and `pluginVersion` is optional. Plugins act in the order in
 * which they are given. `Options` is what `parseOptions` makes of the options of a call.
 */
export interface Plugin<Options = unknown> {
  /** Unique among the plugins of a pipeline; graph inputs and options of a call are named by it. */
  readonly name: string;
  readonly pluginVersion: typeof PLUGIN_VERSION;
  /**
   * Whether what the plugin does holds objects to their boxes; default false. A layout with objects is refused where no
   * plugin does.
   */
  readonly groundsObjects?: boolean;

  /**
   * Whether it follows something that belongs to the picture as a whole, such as a drawing of its edges; default false. Small
   * objects are then not painted again in enlarged parts of the picture, which the plugin could not follow.
   */
  readonly wholePicture?: boolean;

  /** Parameters that are the plugin's own, by the folder of a model directory that keeps them. */
  readonly weights?: readonly PluginWeights[];
  /** The class that a model with these weights has in diffusers, for model_index.json. */
  readonly pipelineClass?: string;
  /** Parameters that the plugin brings along; they join those of the U-Net and of the text encoder under their names. */
  readonly params?: Tensors;
  /** Parameters that never learn and are never saved, such as those of a network that the plugin only reads. */
  frozen?(name: string): boolean;
  /** The parameters of a component with the plugin's own merged in, before they are compiled. */
  mergeParams?(component: ComponentName, params: Tensors): Tensors;

  /** Fields of its own in a layout. */
  readonly layoutFields?: LayoutFields;
  /**
   * Throws where the plugin cannot serve a layout, before anything is compiled; the error begins with the field at fault
   * and says how to fix it. Called with each parsed layout.
   */
  checkLayout?(layout: Layout, context: LayoutContext): void;
  /**
   * Reads the options of a call, `generate(layout, { plugins: { NAME: ... } })`, undefined where none are given; throws an
   * error that begins with `path`. A plugin without it takes no options.
   */
  parseOptions?(given: unknown, path: string): Options;

  /** Adds to the U-Net's graph; called each time that one is built. */
  network?(context: NetworkContext): NetworkPart;
  /**
   * The numbers for the inputs that `network` declared, for each row of a batch. The function that is given back is
   * called before each call of the U-Net. `Plugin.parseOptions` decides `context.options`; no option compiles anew.
   */
  feed?(
    rows: readonly FeedRow[],
    context: CallContext<Options>,
  ): Promise<(progress: CallProgress) => Tensors> | ((progress: CallProgress) => Tensors);
  /** Adds to the text encoder's graph. */
  readonly text?: TextPlugin<Options>;

  /** Middleware around the calls of the U-Net; called once for each run. */
  sampling?(context: SamplingContext<Options>): Promise<SamplingPart> | SamplingPart;
  /** Lets a loss move the latents while they are sampled; `network` must give the part's `guidance`. */
  readonly guidance?: Guidance<Options>;
  /** Feeds the plugin's loss in training; `network` must give the part's `training`. */
  readonly training?: Training;
}
