// What a U-Net's output is trained to be, and the clean latents that it tells, as values.

import { checkChoice, checkObject } from '../checks/index.js';
import { divide, maximum, multiply, subtract } from '../graph/elementwise.js';
import type { Value } from '../graph/value.js';
import { type PredictionType, predictionTypes } from '../schedulers/prediction.js';

/** Noisy latents and what the network returned for them. */
export interface PredictedStep {
  /** Noisy latents, what the U-Net was given: [N, C, h, w]. */
  readonly sample: Value;
  /** What it returned, [N, C, h, w]. */
  readonly output: Value;
  /** sqrt(alphaCumprod) and sqrt(1 - alphaCumprod), [N, 1, 1, 1]. */
  readonly signal: Value;
  readonly noise: Value;
}

/** An epsilon prediction says nothing of clean latents at zero signal: the least that is divided by. */
const LEAST_SIGNAL = 1e-3;

/**
 * x0 = (x_t - noise eps) / signal for epsilon (arXiv 2010.02502, equation 12), signal x_t - noise v for v
 * (arXiv 2202.00512, appendix D), the output itself for sample.
 */
export function x0Prediction(type: PredictionType, step: PredictedStep): Value {
  checkChoice(type, predictionTypes, 'type');
  checkObject(step, 'step');
  const { sample, output, signal, noise } = step;
  switch (type) {
    case 'sample':
      return output;
    case 'v_prediction':
      return subtract(multiply(sample, signal), multiply(output, noise));
    case 'epsilon':
      return divide(subtract(sample, multiply(output, noise)), maximum(signal, LEAST_SIGNAL));
  }
}

/** Clean latents, noise and their levels, as values: latents [N, C, h, w], levels [N, 1, 1, 1]. */
export interface NoisedLatents {
  /** The latents, and the standard normal noise that was added: [N, C, h, w]. */
  readonly clean: Value;
  readonly noise: Value;
  /** sqrt(alphaCumprod) and sqrt(1 - alphaCumprod), [N, 1, 1, 1]. */
  readonly signalLevel: Value;
  readonly noiseLevel: Value;
}

/** What the network is trained to return, [N, C, h, w]: the noise, v (arXiv 2202.00512, appendix D), or the latents. */
export function predictionTarget(type: PredictionType, latents: NoisedLatents): Value {
  checkChoice(type, predictionTypes, 'type');
  checkObject(latents, 'latents');
  const { clean, noise, signalLevel, noiseLevel } = latents;
  switch (type) {
    case 'sample':
      return clean;
    case 'v_prediction':
      return subtract(multiply(noise, signalLevel), multiply(clean, noiseLevel));
    case 'epsilon':
      return noise;
  }
}
