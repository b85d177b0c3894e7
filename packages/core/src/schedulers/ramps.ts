// Sigmas that follow a curve of their own instead of the training schedule's.

import { betaQuantile } from './betaDistribution.js';
import { readNumberIfAny, readOption, type SchedulerConfig } from './config.js';
import { endsAtNoSignal } from './sigmas.js';

/** `count` sigmas from high to low; the first is `highest`, the last of several `lowest`. */
export type Ramp = (highest: number, lowest: number, count: number) => number[];

// Karras et al. 2022 (arXiv 2206.00364), equation 5.
const RHO = 7;
// Lee et al. 2024 (arXiv 2407.12173), as diffusers sets it.
const BETA_SHAPE = 0.6;

/** Evenly spaced in the seventh root. */
export const karrasSigmas: Ramp = (highest, lowest, count) =>
  even(highest ** (1 / RHO), lowest ** (1 / RHO), count).map((root) => root ** RHO);

/** Evenly spaced in the logarithm. */
export const exponentialSigmas: Ramp = (highest, lowest, count) =>
  even(Math.log(highest), Math.log(lowest), count).map(Math.exp);

/** At the quantiles of a beta distribution, dense at both ends. */
export const betaSigmas: Ramp = (highest, lowest, count) =>
  even(1, 0, count).map((share) => lowest + betaQuantile(share, BETA_SHAPE, BETA_SHAPE) * (highest - lowest));

function even(from: number, to: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) =>
    count === 1 ? from : i === count - 1 ? to : from + ((to - from) * i) / (count - 1),
  );
}

export type RampName = 'karras' | 'exponential' | 'beta' | 'lu';

/** Lu's uniform steps in log(signal / noise) are those of `exponential`; only the rounding of timesteps differs. */
const ramps: readonly (readonly [field: string, name: RampName, ramp: Ramp])[] = [
  ['use_karras_sigmas', 'karras', karrasSigmas],
  ['use_exponential_sigmas', 'exponential', exponentialSigmas],
  ['use_beta_sigmas', 'beta', betaSigmas],
  ['use_lu_lambdas', 'lu', exponentialSigmas],
];

export interface ChosenRamp {
  readonly name: RampName;
  /**
   * `count` sigmas between two ends. Where the schedule ends at no signal, the first step is the one that the `spaced`
   * sigmas take, and the ramp follows the rest of them.
   */
  sigmas(ends: RampEnds, spaced: readonly number[], count: number): readonly number[];
}

export interface RampEnds {
  readonly highest: number;
  readonly lowest: number;
}

/**
 * The ramp that a config asks for, if any; throws where it asks for two.
 *
 * sigma_min and sigma_max replace the ends. A schedule that ends at (nearly) no signal has a last sigma in the thousands,
 * and a ramp from there would spend most of its steps where there is nothing to see.
 */
export function chosenRamp(config: SchedulerConfig): ChosenRamp | undefined {
  const chosen = ramps.filter(([field]) => readOption(config, field, false));
  const [first, second] = chosen;
  if (first !== undefined && second !== undefined) {
    throw new Error(
      `scheduler config: ${first[0]} and ${second[0]} exclude each other; set one of them to false`,
    );
  }
  const range = { min: 1e-6, max: 1e6 };
  const min = readNumberIfAny(config, 'sigma_min', range);
  const max = readNumberIfAny(config, 'sigma_max', range);
  if (min !== undefined && max !== undefined && min >= max) {
    throw new Error(`scheduler config: sigma_min (${min}) must be less than sigma_max (${max})`);
  }
  if (first === undefined) return undefined;
  const [, name, ramp] = first;
  const between = (highest: number, lowest: number, count: number) => {
    if (lowest > highest) {
      const field = max === undefined ? 'sigma_min' : 'sigma_max';
      throw new Error(`scheduler config: ${field} leaves no sigmas between ${lowest} and ${highest}`);
    }
    return ramp(highest, lowest, count);
  };
  return {
    name,
    sigmas({ highest, lowest }, spaced, count) {
      const [start, next] = spaced;
      if (max !== undefined || start === undefined || next === undefined || !endsAtNoSignal(start)) {
        return between(max ?? highest, min ?? lowest, count);
      }
      return [start, ...between(next, min ?? (spaced.at(-1) as number), count - 1)];
    },
  };
}
