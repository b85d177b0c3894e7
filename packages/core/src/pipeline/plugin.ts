// How a plugin enters a pipeline: a part of the U-Net's graph, and the numbers that part is fed.

import type { Tensor, Tensors } from '../graph/tensor.js';
import type { Value, Values } from '../graph/value.js';
import type { UNetHooks } from '../models/hooks.js';
import type { UNet2dConditionConfig } from '../models/unet2dConditionConfig.js';
import type { Scope } from '../nn/scope.js';
import type { Layout } from './layout.js';

/** What a plugin knows while a graph that holds the U-Net is built. */
export interface UNetContext {
  /** The root under which the U-Net's parameters are named. */
  readonly scope: Scope;
  readonly config: UNet2dConditionConfig;
  /** Pictures in a batch. */
  readonly batch: number;
  /** Sides of the latents. */
  readonly height: number;
  readonly width: number;
  /** The most objects of any picture that the graph must serve. */
  readonly objects: number;
  /** Whether the checkpoint holds a parameter of that name; always true in training from scratch. */
  has(name: string): boolean;
}

export interface UNetPart {
  /** Graph inputs of the plugin's own, by names that start with the plugin's. */
  readonly inputs: Values;
  readonly hooks: UNetHooks;
  /** The graph side of `Plugin.guidance`; asked only where latents are guided. */
  readonly guidance?: GuidancePart;
}

/** One call of the U-Net as values, for a loss that guides N pictures; every row is conditional. */
export interface GuidanceState {
  /** The latents where sampling stands, [N, C, h, w]: they are what moves. */
  readonly sample: Value;
  /** As the network is told, [N]. */
  readonly timestep: Value;
  /** The share of the clean latents' variance that is left at this timestep, 0..1: [N]. */
  readonly alphaBar: Value;
  /** The clean latents that this call foretells, [N, C, h, w]. */
  readonly denoised: Value;
  /** Latents as the U-Net sees them to pictures [N, 3, H, W], about -1..1, by the model's decoder. */
  decode(latents: Value): Value;
}

export interface GuidancePart {
  /** Graph inputs of the loss alone, by names that start with the plugin's. */
  readonly inputs: Values;
  /** One number a picture, [N], or a scalar for all; may ask the U-Net's context for parameters. */
  loss(state: GuidanceState): Value;
}

/** What is told after each look at the guiding loss. */
export interface GuidanceEvent extends CallProgress {
  /** From 0, within the call. */
  readonly repeat: number;
  /** Before the move, one for each picture. */
  readonly losses: Float32Array;
}

/** When and how far the gradient of a plugin's loss moves the latents. */
export interface Guidance {
  /** The share of the calls, from the first, before which latents move: 0..1; at least one call where above 0. */
  readonly until: number;
  /** A move's mean absolute size, as a share of the latents' own times the noise level sqrt(1 - alphaBar). */
  readonly strength: number;
  /** The most moves before one call; at least 1. */
  readonly repeats: number;
  /** A picture whose loss is at most this is not moved. */
  readonly stop: number;
  /** The numbers for the inputs that the part's `guidance` declared; a layout for each picture. */
  inputs(layouts: readonly Layout[], context: InputContext): Promise<Tensors> | Tensors;
  onMove?(event: GuidanceEvent): void;
}

export interface InputContext {
  readonly config: UNet2dConditionConfig;
  has(name: string): boolean;
  /** Pooled text embeddings, one row a phrase: [phrases, D]. */
  encodePhrases(phrases: readonly string[]): Promise<Tensor>;
}

/** Where sampling stands: the call of the U-Net from 0, of how many. */
export interface CallProgress {
  readonly call: number;
  readonly calls: number;
}

export interface Plugin {
  readonly name: string;
  /**
   * Folders of a model directory whose tensors join the U-Net's parameters where the folder has weights: for
   * parameters that other software would not expect in unet/.
   */
  readonly weights?: readonly string[];
  /**
   * Whether what the plugin does holds objects to their boxes; default false. A layout with objects is refused where no
   * plugin does.
   */
  readonly groundsObjects?: boolean;
  /** Parameters that the plugin brings along; they join the U-Net's under their names. */
  readonly params?: Tensors;
  /** Lets a loss move the latents while they are sampled; `unet` must give the part's `guidance`. */
  readonly guidance?: Guidance;
  /** Adds to the U-Net's graph. */
  unet?(context: UNetContext): UNetPart;
  /**
   * The numbers for the inputs that `unet` declared. `rows` holds a layout for each picture of the batch,
   * undefined for an unconditional one; what is given back is asked anew for each call of the U-Net.
   */
  inputs?(
    rows: readonly (Layout | undefined)[],
    context: InputContext,
  ): Promise<(progress: CallProgress) => Tensors>;
}
