// A sampling plan is a list of numbers; `applyStep` is the only code that moves latents.

import { checkNumber, checkObject, checkVector } from '../checks/index.js';
import type { Combination } from './combination.js';

/**
 * One call of the network and what follows from it.
 *
 * A step is a linear map: each vector of the next state is a linear combination of the vectors of the present
 * state, of `output` (what the network returned) and of `noise` (fresh standard normal numbers).
 */
export interface Step {
  /** The timestep that the network gets, 0 .. numTrainTimesteps - 1; may be fractional, as for Euler, Heun and LMS. */
  readonly timestep: number;
  /** The network is given `sample * inputScale`. */
  readonly inputScale: number;
  /** The clean latents as predicted at this step, of `sample` and `output`: for previews and guidance. */
  readonly denoised: Combination;
  /** The state after this step; vectors that it does not name are forgotten. */
  readonly next: Readonly<Record<string, Combination>> & { readonly sample: Combination };
}

/** The steps of sampling: the noise that it starts from, and one entry for each call of the U-Net. */
export interface SamplingPlan {
  /** Sampling starts from standard normal numbers times this. */
  readonly initNoiseSigma: number;
  /** One entry for each call of the network: Heun makes up to 2 * steps - 1 calls, PNDM steps + 1. */
  readonly steps: readonly Step[];
}

/** A recipe of sampling plans: numbers only, no tensors, no state between calls. */
export interface Scheduler {
  readonly name: string;
  /**
   * Plans `steps` steps; throws unless `steps` is an integer of 1 .. numTrainTimesteps. `from` leaves out so many of the
   * first steps (default 0), for latents that are noised to where the next one begins; multistep methods start anew there.
   */
  plan(steps: number, from?: number): SamplingPlan;
}

/** Points of a plan without the first `from`, the last one always kept; throws unless `from` is a whole number from 0 on. */
export function withoutFirst<T>(points: readonly T[], from: number): T[] {
  if (!Number.isInteger(from) || from < 0)
    throw new Error(`from: must be a whole number from 0 on, not ${from}`);
  return points.slice(Math.max(0, Math.min(from, points.length - 1)));
}

/** The latents (`sample`) and what a multi-step method keeps beside them; all of the same length. */
export type SamplerState = Readonly<Record<string, Float32Array>> & { readonly sample: Float32Array };

const SIGMA = { min: 0, max: Number.MAX_VALUE };

function checkStep(step: unknown): void {
  const { next, denoised } = checkObject(step, 'step');
  checkObject(next, 'step.next');
  checkObject(denoised, 'step.denoised');
}

function checkState(state: unknown): void {
  checkVector(checkObject(state, 'state').sample, 'state.sample');
}

/** The state before the first step, of standard normal numbers in any shape. */
export function startState(plan: SamplingPlan, noise: Float32Array): SamplerState {
  checkNumber(checkObject(plan, 'plan').initNoiseSigma, SIGMA, 'plan.initNoiseSigma');
  checkVector(noise, 'noise');
  return { sample: noise.map((x) => x * plan.initNoiseSigma) };
}

/** What the network is given at this step; `sample` itself where the scale is 1. */
export function networkInput(step: Step, state: SamplerState): Float32Array {
  checkStep(step);
  checkState(state);
  const { inputScale } = step;
  return inputScale === 1 ? state.sample : state.sample.map((x) => x * inputScale);
}

/** Whether `applyStep` needs fresh noise for this step. */
export function needsNoise(step: Step): boolean {
  checkStep(step);
  return Object.values(step.next).some((combination) => 'noise' in combination);
}

/**
 * Moves the state by one step.
 *
 * `output` is what the network returned for `networkInput(step, state)`, `noise` standard normal numbers;
 * both have the length of `state.sample`. The given arrays are not changed, the next state may share them.
 * Throws if `noise` is missing where the step needs it, or a length differs.
 */
export function applyStep(
  step: Step,
  state: SamplerState,
  output: Float32Array,
  noise?: Float32Array,
): SamplerState {
  checkStep(step);
  checkState(state);
  checkVector(output, 'output');
  const vectors = sources(state, output, noise);
  const next = Object.entries(step.next).map(
    ([name, combination]) => [name, evaluate(combination, vectors)] as const,
  );
  return Object.fromEntries(next) as unknown as SamplerState;
}

/** The clean latents predicted at this step, see `Step.denoised`. */
export function denoisedSample(step: Step, state: SamplerState, output: Float32Array): Float32Array {
  checkStep(step);
  checkState(state);
  checkVector(output, 'output');
  return evaluate(step.denoised, sources(state, output));
}

type Vectors = Readonly<Record<string, Float32Array | undefined>>;

function sources(state: SamplerState, output: Float32Array, noise?: Float32Array): Vectors {
  const { length } = state.sample;
  for (const [name, vector] of Object.entries({ output, noise })) {
    if (vector !== undefined && vector.length !== length) {
      throw new Error(`applyStep: ${name} has ${vector.length} numbers, the sample has ${length}`);
    }
  }
  return { ...state, output, noise };
}

function evaluate(combination: Combination, vectors: Vectors): Float32Array {
  const terms = Object.entries(combination).map(([name, weight]) => {
    const vector = vectors[name];
    if (vector === undefined) throw new Error(`applyStep: this step needs "${name}", which was not given`);
    return { vector, weight };
  });
  const [first] = terms;
  if (first !== undefined && terms.length === 1 && first.weight === 1) return first.vector;
  const result = new Float32Array(vectors.sample?.length ?? 0);
  for (let i = 0; i < result.length; i++) {
    let total = 0;
    for (const { vector, weight } of terms) total += weight * (vector[i] as number);
    result[i] = total;
  }
  return result;
}
