import type { LayoutObject, Random } from '@spatiallock/core';

/** An object of a picture that is trained on. */
export interface PictureObject extends LayoutObject {
  /** Its class, as a supervising detector calls it. */
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
