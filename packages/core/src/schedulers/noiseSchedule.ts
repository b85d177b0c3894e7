// The noise schedule that a network was trained with, and the arithmetic of its training pairs.

import { checkChoice, checkNumber, checkObject, checkVector } from '../checks/index.js';
import {
  type NumberRange,
  oneOf,
  readNumber,
  readNumbers,
  readOption,
  type SchedulerConfig,
} from './config.js';
import { type NoiseLevel, type PredictionType, predictionTypes } from './prediction.js';

/** The noise schedule that a model was trained with. */
export interface NoiseSchedule {
  readonly numTrainTimesteps: number;
  readonly predictionType: PredictionType;
  /**
   * Share of the clean picture's variance left at each timestep, strictly falling; numTrainTimesteps numbers in
   * 0 .. 1, of which only the last may be 0.
   */
  readonly alphasCumprod: Float64Array;
}

const LEVEL = { min: 0, max: Number.MAX_VALUE };
const MOST_TIMESTEPS = 10_000;
const countRange: NumberRange = { min: 1, max: MOST_TIMESTEPS, whole: true };
// Below this a timestep adds no noise that double precision can tell.
const LEAST_BETA = 1e-12;
// Below this share of variance nothing of a picture is left in single precision.
const LEAST_SIGNAL = 1e-10;
const LEAST_LAST_SIGNAL = 1e-14;

const betaSchedules = ['linear', 'scaled_linear', 'squaredcos_cap_v2', 'sigmoid', 'laplace', 'exp'] as const;

/** Where diffusers' classes differ from linear 0.0001 .. 0.02. */
const stableDiffusion = { beta_start: 0.00085, beta_end: 0.012 };
const classDefaults: Readonly<Record<string, SchedulerConfig>> = {
  HeunDiscreteScheduler: stableDiffusion,
  KDPM2DiscreteScheduler: stableDiffusion,
  KDPM2AncestralDiscreteScheduler: stableDiffusion,
  DPMSolverSDEScheduler: stableDiffusion,
  LCMScheduler: { ...stableDiffusion, beta_schedule: 'scaled_linear' },
  TCDScheduler: { ...stableDiffusion, beta_schedule: 'scaled_linear' },
};

/**
 * The training schedule of a scheduler_config.json, with the defaults of diffusers' class of that name (1000 steps,
 * linear 0.0001 .. 0.02 where it has no others).
 *
 * Reads num_train_timesteps, beta_schedule (linear, scaled_linear, squaredcos_cap_v2, sigmoid, laplace, exp),
 * beta_start, beta_end, trained_betas, rescale_betas_zero_snr and prediction_type; throws an error that names the field
 * at fault, also where the betas leave no signal long before the last timestep.
 */
export function noiseSchedule(given: SchedulerConfig): NoiseSchedule {
  const config = withDefaults(given);
  const betas = trainedBetas(config) ?? trainingBetas(config);
  let product = 1;
  const trained = Float64Array.from(betas, (beta) => (product *= 1 - beta));
  const alphasCumprod = readOption(config, 'rescale_betas_zero_snr', false)
    ? rescaleToZeroTerminalSnr(trained)
    : trained;
  checkSignal(alphasCumprod, config);
  return {
    numTrainTimesteps: betas.length,
    predictionType: oneOf(config, 'prediction_type', predictionTypes, 'epsilon'),
    alphasCumprod,
  };
}

function withDefaults(config: SchedulerConfig): SchedulerConfig {
  checkObject(config, 'scheduler config');
  const { _class_name: name } = config;
  const own = typeof name === 'string' && Object.hasOwn(classDefaults, name) ? classDefaults[name] : {};
  const said = Object.entries(config).filter(([, value]) => value !== null && value !== undefined);
  return { ...own, ...Object.fromEntries(said) };
}

function trainedBetas(config: SchedulerConfig): readonly number[] | undefined {
  const betas = readNumbers(config, 'trained_betas', { min: LEAST_BETA, max: 1 }, MOST_TIMESTEPS);
  if (betas === undefined) return undefined;
  const count = readNumber(config, 'num_train_timesteps', countRange, betas.length);
  if (betas.length === 0 || count !== betas.length) {
    throw new Error(
      `scheduler config: trained_betas must hold one number for each of num_train_timesteps (${count}), got ` +
        `${betas.length}`,
    );
  }
  return betas;
}

function trainingBetas(config: SchedulerConfig): readonly number[] {
  const count = readNumber(config, 'num_train_timesteps', countRange, 1000);
  const range = { min: LEAST_BETA, max: 1 - LEAST_BETA };
  const start = readNumber(config, 'beta_start', range, 0.0001);
  const end = readNumber(config, 'beta_end', range, 0.02);
  switch (oneOf(config, 'beta_schedule', betaSchedules, 'linear')) {
    case 'linear':
      return ramp(start, end, count);
    case 'scaled_linear':
      return ramp(Math.sqrt(start), Math.sqrt(end), count).map((x) => x * x);
    case 'squaredcos_cap_v2':
      return betasOf((t) => Math.cos((((t + 0.008) / 1.008) * Math.PI) / 2) ** 2, count);
    case 'sigmoid':
      return ramp(-6, 6, count).map((x) => (end - start) / (1 + Math.exp(-x)) + start);
    case 'laplace':
      return betasOf(laplaceAlphaCumprod, count);
    case 'exp':
      return betasOf((t) => Math.exp(-12 * t), count);
  }
}

function ramp(start: number, end: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) =>
    count === 1 ? start : start + ((end - start) * i) / (count - 1),
  );
}

// Nichol and Dhariwal 2021 (arXiv 2102.09672), equation 17; betas capped at 0.999.
function betasOf(alphaCumprod: (t: number) => number, count: number): number[] {
  return Array.from({ length: count }, (_, i) =>
    Math.min(1 - alphaCumprod((i + 1) / count) / alphaCumprod(i / count), 0.999),
  );
}

// The signal-to-noise ratio of Hang et al. 2024 (arXiv 2407.03297), with the numbers that diffusers gives it.
function laplaceAlphaCumprod(t: number): number {
  const logSnr = -0.5 * Math.sign(0.5 - t || 1) * Math.log(1 - 2 * Math.abs(0.5 - t) + 1e-6);
  const snr = Math.exp(logSnr);
  return Math.sqrt(snr / (1 + snr));
}

// Lin et al. 2023 (arXiv 2305.08891), algorithm 1: shift the signal to 0 at the last timestep, keep it at the
// first.
function rescaleToZeroTerminalSnr(alphasCumprod: Float64Array): Float64Array {
  if (alphasCumprod.length < 2) {
    throw new Error(
      'scheduler config: rescale_betas_zero_snr needs at least 2 timesteps; set it to false, or raise num_train_timesteps',
    );
  }
  const signals = alphasCumprod.map(Math.sqrt);
  const first = signals[0] as number;
  const last = signals[signals.length - 1] as number;
  return signals.map((signal) => (((signal - last) * first) / (first - last)) ** 2);
}

/** Throws unless the signal falls at every timestep, is below 1 at the first, and above 0 at all but the last. */
function checkSignal(alphasCumprod: Float64Array, config: SchedulerConfig): void {
  const field =
    (config.trained_betas ?? undefined) === undefined
      ? 'beta_start, beta_end and beta_schedule'
      : 'trained_betas';
  const last = alphasCumprod.length - 1;
  let before = 1;
  for (const [t, share] of alphasCumprod.entries()) {
    const least = t < last ? LEAST_SIGNAL : LEAST_LAST_SIGNAL;
    const enough = share >= least || (t === last && last > 0 && share === 0);
    if (!enough || !(share < before)) {
      throw new Error(
        `scheduler config: ${field} leave ${enough ? 'no new noise' : 'no signal'} at timestep ${t} of 0 to ${last}; ` +
          'betas must be greater than 0 and small enough that a share of the picture remains up to the last timestep',
      );
    }
    before = share;
  }
}
/** Signal and noise of a whole timestep 0 .. numTrainTimesteps - 1; throws outside. */
export function noiseLevel(schedule: NoiseSchedule, timestep: number): NoiseLevel {
  checkVector(checkObject(schedule, 'schedule').alphasCumprod, 'schedule.alphasCumprod');
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

function checkLevel(level: unknown, clean: Float32Array, epsilon: Float32Array): void {
  const { signal, noise } = checkObject(level, 'level');
  checkNumber(signal, LEVEL, 'level.signal');
  checkNumber(noise, LEVEL, 'level.noise');
  checkVector(clean, 'clean');
  checkVector(epsilon, 'epsilon', clean.length);
}

/** Latents noised for training: signal * clean + noise * epsilon. */
export function addNoise(level: NoiseLevel, clean: Float32Array, epsilon: Float32Array): Float32Array {
  checkLevel(level, clean, epsilon);
  return clean.map((x, i) => level.signal * x + level.noise * (epsilon[i] as number));
}

/** The target of v-prediction: signal * epsilon - noise * clean (arXiv 2202.00512). */
export function velocity(level: NoiseLevel, clean: Float32Array, epsilon: Float32Array): Float32Array {
  checkLevel(level, clean, epsilon);
  return clean.map((x, i) => level.signal * (epsilon[i] as number) - level.noise * x);
}

/** What the network must return in training for this prediction type. */
export function trainingTarget(
  type: PredictionType,
  level: NoiseLevel,
  clean: Float32Array,
  epsilon: Float32Array,
): Float32Array {
  checkChoice(type, predictionTypes, 'type');
  checkLevel(level, clean, epsilon);
  if (type === 'epsilon') return epsilon;
  return type === 'sample' ? clean : velocity(level, clean, epsilon);
}
