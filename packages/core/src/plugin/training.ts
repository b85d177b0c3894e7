// What a plugin does in training.

import type { Tensors } from '../graph/tensor.js';
import type { Value, Values } from '../graph/value.js';
import type { Random } from '../nn/random.js';
import type { Layout } from '../pipeline/layout.js';
import type { CallContext } from './feed.js';

/** One training step as values, after the U-Net was built; N pictures. */
export interface TrainingState {
  /** Noisy latents, [N, C, h, w]. */
  readonly sample: Value;
  /** [N] */
  readonly timestep: Value;
  /** What the U-Net returned, [N, C, h, w]. */
  readonly output: Value;
  /** The x0 prediction, [N, C, h, w]. */
  readonly denoised: Value;
  /** The noise schedule's alphas_cumprod at this timestep, 0..1: [N, 1, 1, 1]. */
  readonly alphaCumprod: Value;
}

/** What a plugin adds to the loss of training. */
export interface TrainingLoss {
  /** A scalar that is added to the diffusion loss. */
  readonly loss: Value;
  /** Scalars to watch. */
  readonly outputs?: Values;
}

/** The graph side of a plugin in training. */
export interface TrainingPart {
  /** Graph inputs of the loss alone, by names that no other plugin uses; best ones that start with the plugin's. */
  readonly inputs?: Values;
  /** The loss of a training step, as values. */
  loss(state: TrainingState): TrainingLoss;
}

/** A picture of a batch, as it was noised. */
export interface TrainingRow {
  readonly timestep: number;
  /** What the U-Net is given: objects are empty where they were dropped. */
  readonly layout: Layout;
  /** The class of each object of `layout`, as the data set names it. */
  readonly labels: readonly string[];
}

/** What plugins know of a batch in training. */
export interface TrainingFeedContext extends Omit<CallContext, 'options'> {
  /** The most objects of a picture that the graph serves. */
  readonly objects: number;
  /** Random numbers of this step and plugin alone. */
  readonly random: Random;
}

/** The host side of a plugin in training. */
export interface Training {
  /** The numbers for the inputs that `TrainingPart.inputs` declares. */
  feed?(rows: readonly TrainingRow[], context: TrainingFeedContext): Promise<Tensors> | Tensors;
}
