// What a network's output says about the clean latents and the noise.

import { type Combination, just, sum } from './combination.js';

/** What the network was trained to return. */
export type PredictionType = 'epsilon' | 'v_prediction' | 'sample';

export const predictionTypes: readonly PredictionType[] = ['epsilon', 'v_prediction', 'sample'];

/** noisy = signal * clean + noise * epsilon, epsilon standard normal. */
export interface NoiseLevel {
  readonly signal: number;
  readonly noise: number;
}

export interface Prediction {
  readonly original: Combination;
  readonly epsilon: Combination;
}

/**
 * Writes the clean latents and the noise as combinations of the noisy latents and the network's output.
 *
 * The level need not preserve variance: Euler and similar schedulers use signal 1. v follows Salimans and Ho 2022
 * (arXiv 2202.00512), v = alpha * epsilon - sigma * clean on latents scaled to unit variance.
 * Throws for epsilon prediction at signal 0, where the clean latents are not determined.
 */
export function predict(
  type: PredictionType,
  level: NoiseLevel,
  sample: Combination = just('sample'),
  output: Combination = just('output'),
): Prediction {
  const { signal, noise } = level;
  switch (type) {
    case 'epsilon':
      if (signal === 0) {
        throw new Error(
          'prediction_type: epsilon tells nothing at zero signal (rescale_betas_zero_snr); ' +
            'use v_prediction or sample',
        );
      }
      return { original: sum([1 / signal, sample], [-noise / signal, output]), epsilon: output };
    case 'sample':
      return { original: output, epsilon: sum([1 / noise, sample], [-signal / noise, output]) };
    case 'v_prediction': {
      const norm = Math.hypot(signal, noise);
      return {
        original: sum([signal / norm ** 2, sample], [-noise / norm, output]),
        epsilon: sum([noise / norm ** 2, sample], [signal / norm, output]),
      };
    }
  }
}
