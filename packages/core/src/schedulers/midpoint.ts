// Methods of second order that call the network again in the middle of a step.

import { type Combination, just, sum } from './combination.js';
import { checkSteps, type SchedulerConfig } from './config.js';
import { ancestral } from './euler.js';
import type { Scheduler, Step } from './plan.js';
import {
  inputScaleOf,
  leavesHiding,
  type SigmaPath,
  type SigmaPoint,
  sample,
  sigmaPath,
} from './sigmaPath.js';
import { roundHalfEven } from './spacing.js';

/**
 * The midpoint method on the probability-flow equation, with the middle in log(sigma): DPM-Solver-2 of Karras et al.
 * 2022 (arXiv 2206.00364), k-diffusion's sample_dpm_2.
 *
 * Each step calls the network twice but for the last and for those of `leavesHiding`: at most 2 * steps - 1 calls. Reads what `sigmaPath` reads; timesteps of Karras sigmas are rounded.
 */
export function kdpm2(config: SchedulerConfig): Scheduler {
  return twoCalls('kdpm2', config, (path, from, to) =>
    leavesHiding(from, to)
      ? undefined
      : midpointUpdate(path, from, { middle: Math.sqrt(from * to), to, noise: 0 }),
  );
}

/** The midpoint method with fresh noise after each step, k-diffusion's sample_dpm_2_ancestral; else as `kdpm2`. */
export function kdpm2Ancestral(config: SchedulerConfig): Scheduler {
  return twoCalls('kdpm2_a', config, (path, from, to) => {
    const { down, up } = ancestral(from, to);
    if (!leavesHiding(from, to)) {
      return midpointUpdate(path, from, { middle: Math.sqrt(from * down), to: down, noise: up });
    }
    return sum([1, sample], [down - from, path.predict(from).epsilon], [up, just('noise')]);
  });
}

/**
 * DPM-Solver++ with fresh noise, k-diffusion's sample_dpmpp_sde: two calls for each step but the last. The noise of a
 * step's first half is part of the whole step's, as of one Brownian path; diffusers draws that path from a generator
 * of its own, so its pictures cannot be had by seed. Reads what `sigmaPath` reads.
 */
export function dpmSolverSde(config: SchedulerConfig): Scheduler {
  return twoCalls('dpmpp_sde', config, (path, from, to) => {
    const middle = Math.sqrt(from * to);
    const move = (start: Combination, target: number, original: Combination, noise: Combination) => {
      const { down, up } = ancestral(from, target);
      return sum([down / from, start], [1 - down / from, original], [up, noise]);
    };
    const whole = sum(
      [Math.sqrt((from - middle) / (from - to)), just('half')],
      [Math.sqrt((middle - to) / (from - to)), just('noise')],
    );
    return {
      middle,
      first: {
        sample: move(sample, middle, path.predict(from).original, just('noise')),
        start: sample,
        half: just('noise'),
      },
      second: move(just('start'), to, path.predict(middle).original, whole),
    };
  });
}

/** A step with a call in its middle: the state after the first call, and the latents after the second. */
interface MiddleStep {
  readonly middle: number;
  readonly first: Step['next'];
  readonly second: Combination;
}

/** What moves latents from a sigma to a lower one above 0: undefined is Euler's step, a combination another single one. */
type Update = (path: SigmaPath, from: number, to: number) => MiddleStep | Combination | undefined;

function midpointUpdate(
  path: SigmaPath,
  from: number,
  { middle, to, noise }: { readonly middle: number; readonly to: number; readonly noise: number },
): MiddleStep {
  const slope = path.predict(from).epsilon;
  return {
    middle,
    first: { sample: sum([1, sample], [middle - from, slope]), start: sample },
    second: sum([1, just('start')], [to - from, path.predict(middle).epsilon], [noise, just('noise')]),
  };
}

function twoCalls(name: string, config: SchedulerConfig, update: Update): Scheduler {
  const path = sigmaPath(config);
  const rounds = config.use_karras_sigmas === true && name !== 'dpmpp_sde';
  const callAt = (timestep: number, sigma: number, next: Step['next']): Step => ({
    timestep,
    inputScale: inputScaleOf(sigma),
    denoised: path.predict(sigma).original,
    next,
  });

  const stepsFrom = ({ timestep, sigma }: SigmaPoint, there: SigmaPoint | undefined): Step[] => {
    const to = there?.sigma ?? path.end;
    const euler = sum([1, sample], [to - sigma, path.predict(sigma).epsilon]);
    const updated = there === undefined ? euler : (update(path, sigma, to) ?? euler);
    if (!isMiddleStep(updated)) return [callAt(timestep, sigma, { sample: updated })];
    const { middle, first, second } = updated;
    return [callAt(timestep, sigma, first), callAt(path.timestepOf(middle), middle, { sample: second })];
  };

  return {
    name,
    plan(steps, from = 0) {
      checkSteps(steps, path.numTrainTimesteps);
      const points = path
        .points(steps, from)
        .map(({ timestep, sigma }) => ({ timestep: rounds ? roundHalfEven(timestep) : timestep, sigma }));
      return {
        initNoiseSigma: path.initNoiseSigma(points),
        steps: neverRising(points.flatMap((point, i) => stepsFrom(point, points[i + 1]))),
      };
    },
  };
}

const isMiddleStep = (updated: MiddleStep | Combination): updated is MiddleStep =>
  typeof updated.first === 'object';

/** Rounding may put a step's start a little above the middle before it. */
function neverRising(steps: readonly Step[]): Step[] {
  let least = Number.POSITIVE_INFINITY;
  return steps.map((step) => {
    least = Math.min(least, step.timestep);
    return { ...step, timestep: least };
  });
}
