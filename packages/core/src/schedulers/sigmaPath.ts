// The path of timesteps and sigmas that Euler, Heun, LMS and similar schedulers share.

import { just } from './combination.js';
import { oneOf, rejectClipping, type SchedulerConfig } from './config.js';
import { noiseSchedule } from './noiseSchedule.js';
import { withoutFirst } from './plan.js';
import { type Prediction, predict } from './prediction.js';
import { chosenRamp } from './ramps.js';
import { endsAtNoSignal, interpolate, timestepOfSigma, trainingSigmas, withoutZeroSignal } from './sigmas.js';
import { spacedTimesteps, spacingSettings } from './spacing.js';

export interface SigmaPoint {
  readonly timestep: number;
  readonly sigma: number;
}

export interface SigmaPath {
  readonly numTrainTimesteps: number;
  /** Where the network is called, from the highest sigma down, without the first `from`; the end is not among them. */
  points(steps: number, from?: number): readonly SigmaPoint[];
  /** Whether the schedule ends at (nearly) no signal. */
  readonly endsAtNoSignal: boolean;
  /** The sigma at which sampling ends; 0 unless the config says otherwise. */
  readonly end: number;
  /** The fractional timestep that the network is given for a sigma between two points. */
  timestepOf(sigma: number): number;
  initNoiseSigma(points: readonly SigmaPoint[]): number;
  /** What a network's output says about latents = clean + sigma * epsilon. */
  predict(sigma: number): Prediction;
}

/**
 * Reads the noise schedule, timestep_spacing (linspace), steps_offset (0), the ramps of `chosenRamp`,
 * interpolation_type (linear; log_linear: even steps in log(sigma), whatever the timesteps) and final_sigmas_type
 * (zero; sigma_min: end at timestep 0's sigma). timestep_type continuous throws with v_prediction, and changes nothing
 * without.
 */
export function sigmaPath(config: SchedulerConfig): SigmaPath {
  rejectClipping(config);
  const schedule = withoutZeroSignal(noiseSchedule(config));
  rejectContinuous(config, schedule.predictionType);
  const settings = spacingSettings(config, 'linspace');
  const logLinear = oneOf(config, 'interpolation_type', ['linear', 'log_linear'], 'linear') === 'log_linear';
  const endsAtZero = oneOf(config, 'final_sigmas_type', ['zero', 'sigma_min'], 'zero') === 'zero';
  const ramp = chosenRamp(config);
  const sigmas = trainingSigmas(schedule);
  const least = sigmas[0] as number;
  const timestepOf = (sigma: number) => timestepOfSigma(sigmas, sigma);

  const spacedPoints = (steps: number): SigmaPoint[] =>
    spacedTimesteps(settings, steps, schedule.numTrainTimesteps).map((timestep, i) => ({
      timestep,
      sigma: logLinear
        ? sigmas[sigmas.length - 1]! ** (1 - i / steps) * least ** (i / steps)
        : interpolate(sigmas, timestep),
    }));
  return {
    numTrainTimesteps: schedule.numTrainTimesteps,
    end: logLinear && ramp === undefined ? least : endsAtZero ? 0 : least,
    endsAtNoSignal: endsAtNoSignal(sigmas[sigmas.length - 1] as number),
    timestepOf,
    points(steps, from = 0) {
      const spaced = spacedPoints(steps);
      if (ramp === undefined) return withoutFirst(spaced, from);
      const along = spaced.map(({ sigma }) => sigma);
      // With log_linear a ramp ends at the sigma of timestep 0, which a run without a ramp keeps for its last step.
      const lowest = logLinear ? least : (along[steps - 1] as number);
      const ends = { highest: along[0] as number, lowest };
      const ramped = ramp.sigmas(ends, along, steps);
      return withoutFirst(falling(ramped.map((sigma) => ({ timestep: timestepOf(sigma), sigma }))), from);
    },
    initNoiseSigma(points) {
      const highest = Math.max(...points.map(({ sigma }) => sigma));
      return settings.spacing === 'leading' ? Math.hypot(highest, 1) : highest;
    },
    predict: (sigma) => predict(schedule.predictionType, { signal: 1, noise: sigma }),
  };
}

/** The points that lie below those before them: methods of several steps divide by the differences. */
export function falling<T extends { readonly sigma: number }>(points: readonly T[]): T[] {
  return points.filter(({ sigma }, i) => i === 0 || sigma < (points[i - 1] as T).sigma);
}

/** EDM networks take log(sigma) / 4 instead of a timestep. */
function rejectContinuous(config: SchedulerConfig, predictionType: string): void {
  const type = oneOf(config, 'timestep_type', ['discrete', 'continuous'], 'discrete');
  if (type === 'continuous' && predictionType === 'v_prediction') {
    throw new Error(
      'scheduler config: timestep_type continuous is not supported with v_prediction; set timestep_type to discrete',
    );
  }
}

/** The noise at which next to nothing of a picture of unit variance is left. */
export const HIDING_SIGMA = 40;
const LONGEST_HIDDEN_STEP = 20;

/**
 * Whether methods of second order take one of first order instead: for a long step from where nothing of the picture is
 * seen. The prediction is nearly the same up there, so first order loses nothing, while the second slope would be
 * multiplied by the ratio of the sigmas: a thousand where a schedule ends at zero signal.
 */
export function leavesHiding(from: number, to: number): boolean {
  return from > HIDING_SIGMA && from > LONGEST_HIDDEN_STEP * to;
}

/** The network was trained on latents of unit variance. */
export function inputScaleOf(sigma: number): number {
  return 1 / Math.hypot(sigma, 1);
}

/** The latents themselves. */
export const sample = just('sample');
