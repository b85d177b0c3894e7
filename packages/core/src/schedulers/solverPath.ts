// The path of timesteps and noise levels that DPM-Solver, DEIS and UniPC share.

import { oneOf, readNumber, readOption, rejectClipping, type SchedulerConfig } from './config.js';
import { varianceTypes } from './ddpm.js';
import { eraOf } from './diffusersVersion.js';
import { noiseSchedule } from './noiseSchedule.js';
import { withoutFirst } from './plan.js';
import type { NoiseLevel, PredictionType } from './prediction.js';
import { type ChosenRamp, chosenRamp } from './ramps.js';
import { falling } from './sigmaPath.js';
import { interpolate, timestepOfSigma, trainingSigmas, withoutZeroSignal } from './sigmas.js';
import { roundHalfEven, type SpacingSettings, solverTimesteps, spacingSettings } from './spacing.js';

export interface SolverPoint extends NoiseLevel {
  readonly timestep: number;
  /** noise / signal. */
  readonly sigma: number;
  /** -log(sigma); infinite at noise 0. */
  readonly lambda: number;
}

export interface SolverPath {
  readonly numTrainTimesteps: number;
  readonly predictionType: PredictionType;
  readonly endsAtZero: boolean;
  /** The points where the network is called, without the first `from`, and after them the point where sampling ends. */
  points(steps: number, from?: number): readonly SolverPoint[];
}

export interface SolverPathOptions {
  /** Where sampling ends if the config does not say; default: as its version of diffusers does. */
  readonly end?: 'zero' | 'sigma_min';
  /** Instead of what the config says. */
  readonly spacing?: SpacingSettings;
}

/**
 * Reads the noise schedule, timestep_spacing (linspace), steps_offset (0), lambda_min_clipped, the ramps of
 * `chosenRamp` and final_sigmas_type (zero: end at no noise, the default of diffusers since 0.26; sigma_min: end at
 * timestep 0's noise). In files of diffusers before 0.22 ramps choose among whole timesteps, those that repeat are left
 * out. use_flow_sigmas throws.
 */
export function solverPath(config: SchedulerConfig, options: SolverPathOptions = {}): SolverPath {
  rejectClipping(config);
  rejectUnsupported(config);
  const schedule = withoutZeroSignal(noiseSchedule(config));
  const { numTrainTimesteps, predictionType } = schedule;
  const spacing = options.spacing ?? spacingSettings(config, 'linspace');
  const era = eraOf(config);
  const ramp = chosenRamp(config);
  const usual = options.end ?? (era.endsAtZero ? 'zero' : 'sigma_min');
  const endsAtZero = oneOf(config, 'final_sigmas_type', ['zero', 'sigma_min'], usual) === 'zero';
  const sigmas = trainingSigmas(schedule);
  const usable = usableTimesteps(config, sigmas);
  const rampedTimestep = roundingOf(config, ramp);

  const spacedPoints = (steps: number) =>
    solverTimesteps(spacing, steps, numTrainTimesteps, usable).map((timestep) =>
      pointAt(timestep, sigmas[timestep] as number),
    );
  const rampedPoints = ({ sigmas: along }: ChosenRamp, steps: number) => {
    const [lowest, top] = [sigmas[0] as number, sigmas[sigmas.length - 1] as number];
    // Old versions of diffusers build the ramp upwards, so that a single step is its low end.
    const highest = era.wholeLevels && steps === 1 ? lowest : top;
    const spaced = falling(spacedPoints(steps)).map(({ sigma }) => sigma);
    return along({ highest, lowest }, spaced, steps).map((sigma) => {
      const timestep = rampedTimestep(timestepOfSigma(sigmas, sigma));
      return pointAt(timestep, era.wholeLevels ? interpolate(sigmas, timestep) : sigma);
    });
  };
  return {
    numTrainTimesteps,
    predictionType,
    endsAtZero,
    points(steps, from = 0) {
      const all = falling(ramp === undefined ? spacedPoints(steps) : rampedPoints(ramp, steps));
      const points = withoutFirst(all, from);
      // A ramp may end below timestep 0's sigma; the noise must not rise again.
      const last = Math.min(sigmas[0] as number, (points.at(-1) as SolverPoint).sigma);
      return [...points, endsAtZero ? NO_NOISE : pointAt(0, last)];
    },
  };
}

const NO_NOISE: SolverPoint = {
  timestep: 0,
  signal: 1,
  noise: 0,
  sigma: 0,
  lambda: Number.POSITIVE_INFINITY,
};

function pointAt(timestep: number, sigma: number): SolverPoint {
  const signal = 1 / Math.hypot(1, sigma);
  return { timestep, sigma, signal, noise: sigma * signal, lambda: -Math.log(sigma) };
}

function usableTimesteps(config: SchedulerConfig, sigmas: Float64Array): number {
  const never = Number.NEGATIVE_INFINITY;
  const lambdaMin = readNumber(config, 'lambda_min_clipped', { min: never, max: 20 }, never);
  return Math.max(sigmas.filter((sigma) => -Math.log(sigma) >= lambdaMin).length, 1);
}

/** As diffusers: Karras's and Lu's timesteps are rounded, but today not under a cosine schedule; those of others cut off. */
function roundingOf(config: SchedulerConfig, ramp: ChosenRamp | undefined): (timestep: number) => number {
  const rounds = ramp?.name === 'karras' || ramp?.name === 'lu';
  const cuts =
    config._class_name === 'DPMSolverMultistepScheduler' &&
    config.beta_schedule === 'squaredcos_cap_v2' &&
    !eraOf(config).wholeLevels;
  return rounds && !cuts ? roundHalfEven : Math.floor;
}

function rejectUnsupported(config: SchedulerConfig): void {
  for (const field of ['use_flow_sigmas', 'use_dynamic_shifting']) {
    if (readOption(config, field, false)) {
      throw new Error(
        `scheduler config: ${field} is for flow-matching models, which are not supported; set it to false`,
      );
    }
  }
  const variance = config.variance_type;
  if (variance === 'learned' || variance === 'learned_range') {
    throw new Error(
      'scheduler config: variance_type is for networks that predict a variance, which are not supported; set it to null',
    );
  }
  // A fixed variance, which DDPMScheduler writes into its files, changes nothing here.
  oneOf(config, 'variance_type', varianceTypes, 'fixed_small');
}
