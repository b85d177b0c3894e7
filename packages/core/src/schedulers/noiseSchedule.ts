// The noise schedule that a network was trained with, and the arithmetic of its training pairs.

import { oneOf, readNumber, readNumbers, readOption, type SchedulerConfig } from './config.js';
import { type NoiseLevel, type PredictionType, predictionTypes } from './prediction.js';

export interface NoiseSchedule {
  readonly numTrainTimesteps: number;
  readonly predictionType: PredictionType;
  /**
   * Share of the clean picture's variance left at each timestep, falling; numTrainTimesteps numbers in 0 ..
   * 1.
   */
  readonly alphasCumprod: Float64Array;
}

const betaSchedules = ['linear', 'scaled_linear', 'squaredcos_cap_v2'] as const;

/**
 * The training schedule of a scheduler_config.json, with diffusers' defaults (1000 steps, linear 0.0001 ..
 * 0.02).
 *
 * Reads num_train_timesteps, beta_schedule (linear, scaled_linear, squaredcos_cap_v2), beta_start, beta_end,
 * trained_betas, rescale_betas_zero_snr and prediction_type; throws an error that names the field at fault.
 */
export function noiseSchedule(config: SchedulerConfig): NoiseSchedule {
  const betas = readNumbers(config, 'trained_betas') ?? trainingBetas(config);
  for (const [i, beta] of betas.entries()) {
    if (!(beta >= 0 && beta <= 1))
      throw new Error(`scheduler config: beta ${i} is ${beta}, must be in 0 .. 1`);
  }
  let product = 1;
  const alphasCumprod = Float64Array.from(betas, (beta) => (product *= 1 - beta));
  return {
    numTrainTimesteps: betas.length,
    predictionType: oneOf(config, 'prediction_type', predictionTypes, 'epsilon'),
    alphasCumprod: readOption(config, 'rescale_betas_zero_snr', false)
      ? rescaleToZeroTerminalSnr(alphasCumprod)
      : alphasCumprod,
  };
}

function trainingBetas(config: SchedulerConfig): readonly number[] {
  const count = readNumber(config, 'num_train_timesteps', 1000);
  if (!Number.isInteger(count) || count < 1) {
    throw new Error(`scheduler config: num_train_timesteps must be a positive integer, got ${count}`);
  }
  const start = readNumber(config, 'beta_start', 0.0001);
  const end = readNumber(config, 'beta_end', 0.02);
  switch (oneOf(config, 'beta_schedule', betaSchedules, 'linear')) {
    case 'linear':
      return ramp(start, end, count);
    case 'scaled_linear':
      return ramp(Math.sqrt(start), Math.sqrt(end), count).map((x) => x * x);
    case 'squaredcos_cap_v2':
      return cosineBetas(count);
  }
}

function ramp(start: number, end: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) =>
    count === 1 ? start : start + ((end - start) * i) / (count - 1),
  );
}

// Nichol and Dhariwal 2021 (arXiv 2102.09672), equation 17; betas capped at 0.999.
function cosineBetas(count: number): number[] {
  const alphaBar = (t: number) => Math.cos((((t + 0.008) / 1.008) * Math.PI) / 2) ** 2;
  return Array.from({ length: count }, (_, i) =>
    Math.min(1 - alphaBar((i + 1) / count) / alphaBar(i / count), 0.999),
  );
}

// Lin et al. 2023 (arXiv 2305.08891), algorithm 1: shift the signal to 0 at the last timestep, keep it at the
// first.
function rescaleToZeroTerminalSnr(alphasCumprod: Float64Array): Float64Array {
  const signals = alphasCumprod.map(Math.sqrt);
  const first = signals[0] ?? 1;
  const last = signals[signals.length - 1] ?? 0;
  return signals.map((signal) => (((signal - last) * first) / (first - last)) ** 2);
}

/** Signal and noise of a whole timestep 0 .. numTrainTimesteps - 1; throws outside. */
export function noiseLevel(schedule: NoiseSchedule, timestep: number): NoiseLevel {
  const alphaCumprod = schedule.alphasCumprod[timestep];
  if (alphaCumprod === undefined) {
    throw new Error(`timestep: ${timestep} is not a whole number of 0 .. ${schedule.numTrainTimesteps - 1}`);
  }
  return levelOf(alphaCumprod);
}

/** The variance-preserving level with this share of signal variance. */
export function levelOf(alphaCumprod: number): NoiseLevel {
  return { signal: Math.sqrt(alphaCumprod), noise: Math.sqrt(1 - alphaCumprod) };
}

/** Latents noised for training: signal * clean + noise * epsilon. */
export function addNoise(level: NoiseLevel, clean: Float32Array, epsilon: Float32Array): Float32Array {
  return clean.map((x, i) => level.signal * x + level.noise * (epsilon[i] as number));
}

/** The target of v-prediction: signal * epsilon - noise * clean (arXiv 2202.00512). */
export function velocity(level: NoiseLevel, clean: Float32Array, epsilon: Float32Array): Float32Array {
  return clean.map((x, i) => level.signal * (epsilon[i] as number) - level.noise * x);
}

/** What the network must return in training for this prediction type. */
export function trainingTarget(
  type: PredictionType,
  level: NoiseLevel,
  clean: Float32Array,
  epsilon: Float32Array,
): Float32Array {
  if (type === 'epsilon') return epsilon;
  return type === 'sample' ? clean : velocity(level, clean, epsilon);
}
