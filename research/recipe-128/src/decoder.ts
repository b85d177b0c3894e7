// Trains the decoder on, the encoder kept: latents, and with them the U-Net, stay as they are.

import type { Tensors } from '@spatiallock/core';
import { cosineRate } from '@spatiallock/core/train';
import type { Art } from '@spatiallock/research-scenes-128';
import type { TrainingStage } from '@spatiallock/training';
import { type AutoencoderRun, autoencoderStage } from './autoencoder.js';

export const decoderRun: AutoencoderRun = { steps: 1000, batch: 32, crop: 64, peak: 1e-3, scenes: 4000 };

/** Steps of the autoencoder's own stage are drawn before these. */
const FURTHER_STEPS = 1_000_000;

/**
 * The autoencoder's stage in which the decoder alone learns. `autoencoder`: weights to start from; where the decoder has
 * more layers than they know, those start afresh.
 */
export function decoderStage(art: Art, run: AutoencoderRun, autoencoder: Tensors): TrainingStage {
  const whole = autoencoderStage(art, run);
  return {
    ...whole,
    name: 'decoder',
    trains: (name) => name.startsWith('decoder.'),
    learningRate: cosineRate({ peak: run.peak, warmup: 50, steps: run.steps }),
    seed: 4,
    start: autoencoder,
    batch: (step) => whole.batch(step + FURTHER_STEPS),
  };
}
