// Sampling middleware: what a plugin does around each call of the U-Net, on the host.

import type { Shape } from '../graph/tensor.js';
import type { Layout } from '../pipeline/layout.js';
import type { CallContext } from './feed.js';
import type { CallProgress } from './progress.js';

/** What the network returns, guided, for scaled latents of all pictures and the timestep they are at. */
export type Predict = (
  sample: Float32Array,
  timestep: number,
  progress: CallProgress,
) => Promise<Float32Array>;

/** What plugins that take part in sampling know of a call. */
export interface SamplingContext<Options = unknown> extends CallContext<Options> {
  /** One for each picture. */
  readonly layouts: readonly Layout[];
  /** Shape of the latents of all pictures: [pictures, C, h, w]. */
  readonly shape: Shape;
  /** The noise that sampling starts from, standard normal: all pictures. */
  readonly noise: Float32Array;
  /** Calls of the U-Net. */
  readonly calls: number;
  /** The same network for other layouts, one for each picture, with no plugin's `predict` around it. */
  predictFor(layouts: readonly Layout[]): Promise<Predict>;
}

/** After a step of the scheduler. */
export interface StepState extends CallProgress {
  /** The timestep that the network was given. */
  readonly timestep: number;
  /** The next call's; undefined after the last. */
  readonly nextTimestep?: number;
  /** The latents after the step, all pictures; a copy. */
  readonly sample: Float32Array;
  /** The x0 prediction of this call, all pictures; computed when asked for. */
  denoised(): Float32Array;
  /** Clean latents with noise added up to the level of `sample`; after the last step, the clean latents. */
  addNoise(clean: Float32Array, noise: Float32Array): Float32Array;
}

/** Before the first call. */
export interface StartState {
  /** The latents that sampling would start from, all pictures; a copy. */
  readonly sample: Float32Array;
  /** Clean latents with noise added up to the level at which sampling starts. */
  addNoise(clean: Float32Array, noise: Float32Array): Float32Array;
}

/** What a plugin does in one run of sampling. */
export interface SamplingPart {
  /** Latents to start from, or undefined to leave them; plugins act in turn. */
  start?(state: StartState): Promise<Float32Array | undefined> | Float32Array | undefined;
  /** Wraps the prediction. The first plugin stands outermost: its `next` is the second's. */
  predict?(next: Predict): Predict;
  /**
   * Latents to go on with, or undefined to leave them; plugins act in turn.
   *
   * Some schedulers compute the next latents from earlier ones, and of a change keep what the network makes of it alone:
   * UniPC after every call but the last, Heun, KDPM2, KDPM2 ancestral and DPM-Solver SDE between the two calls of a step,
   * DPM-Solver singlestep within a round of two or three calls, PNDM after its first call. Moves of `guidance` before those
   * calls count as little. Other schedulers go on from the changed latents.
   */
  afterStep?(state: StepState): Promise<Float32Array | undefined> | Float32Array | undefined;
}
