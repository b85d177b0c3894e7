import type { LayoutObject } from '@spatiallock/core';
import type { Random } from '@spatiallock/core/nn';

/** An object of a picture that is trained on. */
export interface PictureObject extends LayoutObject {
  /** Its class, as the data set names it. */
  readonly label: string;
}

/** A picture that is trained on. */
export interface TrainingPicture {
  /** As the U-Net sees them: [C, h, w], the autoencoder's scaling factor on them. */
  readonly latents: Float32Array;
  readonly caption: string;
  /** Back to front. */
  readonly objects: readonly PictureObject[];
}

/** Draws pictures; which ones, the random numbers alone should decide. */
export type DrawPictures = (
  count: number,
  rng: Random,
) => Promise<readonly TrainingPicture[]> | readonly TrainingPicture[];

/** Where a model stands on the way from noise to a picture of its own; there is no clean picture to compare with. */
export interface SampledState extends Omit<TrainingPicture, 'latents'> {
  /** As the U-Net sees them at `timestep`: [C, h, w]. */
  readonly latents: Float32Array;
  /** A whole number of training timesteps. */
  readonly timestep: number;
}

/** Draws states of sampling; which ones, the random numbers alone should decide. */
export type DrawStates = (count: number, rng: Random) => readonly SampledState[];

/**
 * States of the model's own sampling: the first rows of each batch. Plugins see them as any row; the diffusion loss leaves
 * them out.
 */
export interface SampledStates {
  /** Rows of a batch; at least one picture must be left. */
  readonly count: number;
  readonly states: DrawStates;
}
