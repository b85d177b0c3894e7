// Guided sampling: the gradient of a plugin's loss moves the latents.

import type { Tensors } from '../graph/tensor.js';
import type { Value, Values } from '../graph/value.js';
import type { Layout } from '../pipeline/layout.js';
import type { CallContext } from './feed.js';
import type { CallProgress } from './progress.js';

/** One call of the U-Net as values, for a loss that guides N pictures; every row is conditional. */
export interface GuidanceState {
  /** The latents where sampling stands, [N, C, h, w]: they are what moves. */
  readonly sample: Value;
  /** The timestep that the network is given, [N]. */
  readonly timestep: Value;
  /** The noise schedule's alphas_cumprod at this timestep, 0..1: [N]. */
  readonly alphaCumprod: Value;
  /** The x0 prediction of this call, [N, C, h, w]. */
  readonly denoised: Value;
  /** Latents as the U-Net sees them to pictures [N, 3, H, W], about -1..1, by the model's decoder. */
  decode(latents: Value): Value;
}

/** The graph side of a guidance. */
export interface GuidancePart {
  /** Graph inputs of the loss alone, by names that no other plugin uses; best ones that start with the plugin's. */
  readonly inputs?: Values;
  /** One number a picture, [N], or a scalar for all; may ask the network's context for parameters. */
  loss(state: GuidanceState): Value;
}

/** What an update rule moves the latents by. */
export interface UpdateState {
  /** The latents where sampling stands, [N, C, h, w]. */
  readonly sample: Value;
  /** The gradient of the summed loss with respect to `sample`, [N, C, h, w]. */
  readonly gradient: Value;
  /** As in `GuidanceState`, [N]. */
  readonly alphaCumprod: Value;
  /** `GuidanceSettings.strength` of this call, a scalar. */
  readonly strength: Value;
  /**
   * What the scheduler multiplies `sample` by for the network, a scalar: 1 where sampling keeps the variance of the noise,
   * 1 / sqrt(1 + sigma^2) for Euler and similar schedulers.
   */
  readonly inputScale: Value;
}

/** Numbers that may differ from call to call. */
export interface GuidanceSettings {
  /** The share of the calls, from the first, before which latents move: 0..1; at least one call where above 0. */
  readonly until: number;
  /**
   * How far a move goes, in the unit of the update rule; a function gives it for each call of the network. The number 0
   * switches the guidance off, and nothing is compiled for it.
   */
  readonly strength: number | ((progress: CallProgress) => number);
  /** The most moves before one call; at least 1. */
  readonly repeats: number;
  /** A picture whose loss is at most this is not moved. */
  readonly stop: number;
}

/** What listeners get at each evaluation of the guiding loss. */
export interface GuidanceEvent extends CallProgress {
  /** From 0, within the call. */
  readonly repeat: number;
  /** Before the move, one for each picture. */
  readonly losses: Float32Array;
}

/** When and how the gradient of a plugin's loss moves the latents. `NetworkPart.guidance` is its graph side. */
export interface Guidance<Options = unknown> {
  /** The settings of one call, from the plugin's options of that call and from what is painted, a layout for each picture. */
  settings(options: Options, layouts: readonly Layout[]): GuidanceSettings;
  /** The numbers for the inputs that `GuidancePart.inputs` declares; a layout for each picture. */
  feed?(layouts: readonly Layout[], context: CallContext<Options>): Promise<Tensors> | Tensors;
  /**
   * The latents after a move, [N, C, h, w]. Default `normalisedUpdate`: against the gradient, by a mean absolute size of
   * `strength` times the latents' own times sqrt(1 - alphaCumprod).
   */
  update?(state: UpdateState): Value;
  /** Called at each evaluation of the loss, before the latents move. */
  onMove?(event: GuidanceEvent): void;
}
