// The path of timesteps and noise levels that DPM-Solver++ and UniPC share.

import { oneOf, readNumber, readOption, rejectClipping, type SchedulerConfig } from './config.js';
import { levelOf, noiseSchedule } from './noiseSchedule.js';
import type { NoiseLevel, PredictionType } from './prediction.js';
import { karrasSigmas, timestepOfSigma, trainingSigmas, withoutZeroSignal } from './sigmas.js';
import { roundHalfEven, solverTimesteps, spacingSettings } from './spacing.js';

export interface SolverPoint extends NoiseLevel {
  readonly timestep: number;
  /** Half the logarithm of the signal-to-noise ratio; infinite at noise 0. */
  readonly lambda: number;
}

export interface SolverPath {
  readonly numTrainTimesteps: number;
  readonly predictionType: PredictionType;
  /** The points where the network is called, and after them the point where sampling ends. */
  points(steps: number): readonly SolverPoint[];
}

/**
 * Reads the noise schedule, timestep_spacing (linspace), steps_offset (0), use_karras_sigmas (false),
 * lambda_min_clipped and final_sigmas_type (sigma_min: end at timestep 0's noise, as diffusers 0.21 does;
 * zero: end at none). Karras sigmas are rounded to whole timesteps, those that repeat are left out.
 */
export function solverPath(config: SchedulerConfig): SolverPath {
  rejectClipping(config);
  const schedule = withoutZeroSignal(noiseSchedule(config));
  const { alphasCumprod, numTrainTimesteps, predictionType } = schedule;
  const spacing = spacingSettings(config, 'linspace');
  const karras = readOption(config, 'use_karras_sigmas', false);
  const lambdaMin = readNumber(config, 'lambda_min_clipped', Number.NEGATIVE_INFINITY);
  const endsAtZero = oneOf(config, 'final_sigmas_type', ['sigma_min', 'zero'], 'sigma_min') === 'zero';
  const sigmas = trainingSigmas(schedule);
  const usable = Math.max(sigmas.filter((sigma) => -Math.log(sigma) >= lambdaMin).length, 1);

  const pointAt = (timestep: number): SolverPoint => ({
    timestep,
    ...levelOf(alphasCumprod[timestep] as number),
    lambda: -Math.log(sigmas[timestep] as number),
  });
  const karrasTimesteps = (steps: number) => {
    const spaced = karrasSigmas(sigmas[sigmas.length - 1] as number, sigmas[0] as number, steps);
    return [...new Set(spaced.map((sigma) => roundHalfEven(timestepOfSigma(sigmas, sigma))))];
  };
  const end = endsAtZero
    ? { timestep: 0, signal: 1, noise: 0, lambda: Number.POSITIVE_INFINITY }
    : pointAt(0);

  return {
    numTrainTimesteps,
    predictionType,
    points: (steps) => [
      ...(karras ? karrasTimesteps(steps) : solverTimesteps(spacing, steps, usable)).map(pointAt),
      end,
    ],
  };
}
