// The path of timesteps and sigmas that Euler, Heun and LMS share.

import { just } from './combination.js';
import { oneOf, readOption, rejectClipping, type SchedulerConfig } from './config.js';
import { noiseSchedule } from './noiseSchedule.js';
import { type Prediction, predict } from './prediction.js';
import { interpolate, karrasSigmas, timestepOfSigma, trainingSigmas, withoutZeroSignal } from './sigmas.js';
import { spacedTimesteps, spacingSettings } from './spacing.js';

export interface SigmaPoint {
  readonly timestep: number;
  readonly sigma: number;
}

export interface SigmaPath {
  readonly numTrainTimesteps: number;
  /** Where the network is called, from the highest sigma down; the end at sigma 0 is not among them. */
  points(steps: number): readonly SigmaPoint[];
  initNoiseSigma(points: readonly SigmaPoint[]): number;
  /** What a network's output says about latents = clean + sigma * epsilon. */
  predict(sigma: number): Prediction;
}

/**
 * Reads the noise schedule, timestep_spacing (linspace), steps_offset (0) and use_karras_sigmas (false).
 * interpolation_type other than linear throws.
 */
export function sigmaPath(config: SchedulerConfig): SigmaPath {
  rejectClipping(config);
  oneOf(config, 'interpolation_type', ['linear'], 'linear');
  const schedule = withoutZeroSignal(noiseSchedule(config));
  const settings = spacingSettings(config, 'linspace');
  const karras = readOption(config, 'use_karras_sigmas', false);
  const sigmas = trainingSigmas(schedule);

  return {
    numTrainTimesteps: schedule.numTrainTimesteps,
    points(steps) {
      const spaced = spacedTimesteps(settings, steps, schedule.numTrainTimesteps).map((timestep) => ({
        timestep,
        sigma: interpolate(sigmas, timestep),
      }));
      if (!karras) return spaced;
      const [first, last] = [spaced[0] as SigmaPoint, spaced[steps - 1] as SigmaPoint];
      return karrasSigmas(first.sigma, last.sigma, steps).map((sigma) => ({
        timestep: timestepOfSigma(sigmas, sigma),
        sigma,
      }));
    },
    initNoiseSigma(points) {
      const highest = Math.max(...points.map(({ sigma }) => sigma));
      return settings.spacing === 'leading' ? Math.hypot(highest, 1) : highest;
    },
    predict: (sigma) => predict(schedule.predictionType, { signal: 1, noise: sigma }),
  };
}

/** The network was trained on latents of unit variance. */
export function inputScaleOf(sigma: number): number {
  return 1 / Math.hypot(sigma, 1);
}

/** The latents themselves. */
export const sample = just('sample');
