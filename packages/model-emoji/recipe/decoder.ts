// Trains the decoder on, the encoder kept: latents, and with them the U-Net, stay as they are.

import {
  add,
  cosineRate,
  decodeDc,
  encodeDc,
  input,
  mean,
  multiply,
  muon,
  parameterStore,
  subtract,
  type Tensors,
} from '@spatiallock/core';
import type { TrainingStage } from '@spatiallock/node';
import type { Art } from '@spatiallock/scenes';
import { type AutoencoderRun, cropBatches, LATENT_NOISE, reconstructionLoss } from './autoencoder.js';
import { autoencoderConfig } from './settings.js';

export const decoderRun: AutoencoderRun = { steps: 1000, batch: 32, crop: 64, peak: 1e-3, scenes: 4000 };

/** Steps of the autoencoder's own stage are drawn before these. */
const FURTHER_STEPS = 1_000_000;

/** `autoencoder`: weights to start from; where the decoder has more layers than they know, those start afresh. */
export function decoderStage(art: Art, run: AutoencoderRun, autoencoder: Tensors): TrainingStage {
  const { batch, crop } = run;
  const store = parameterStore();
  const image = input('image', [batch, 3, crop, crop]);
  const latents = encodeDc(store.scope, autoencoderConfig, image);
  const noise = input('noise', latents.shape);
  const copy = decodeDc(store.scope, autoencoderConfig, add(latents, multiply(noise, LATENT_NOISE)));
  const error = subtract(copy, image);
  const batches = cropBatches(art, run, latents.shape);
  return {
    name: 'decoder',
    inputs: { image, noise },
    params: store.params,
    loss: reconstructionLoss(image, copy),
    trains: (name) => name.startsWith('decoder.'),
    optimiser: muon(),
    learningRate: cosineRate({ peak: run.peak, warmup: 50, steps: run.steps }),
    ema: 0.998,
    outputs: { mse: mean(multiply(error, error)) },
    steps: run.steps,
    seed: 4,
    start: autoencoder,
    batch: (step) => batches(step + FURTHER_STEPS),
  };
}
