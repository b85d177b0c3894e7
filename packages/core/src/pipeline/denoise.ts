// The denoising loop: from noise to latents, one call of the network at a time.

import type { AbortSignalLike } from '../abort.js';
import { eventLoopTurn } from '../eventLoop.js';
import { isFiniteData } from '../io/finite.js';
import type { CallProgress } from '../plugin/progress.js';
import type { Predict } from '../plugin/sampling.js';
import {
  applyStep,
  denoisedSample,
  needsNoise,
  networkInput,
  type SamplerState,
  type SamplingPlan,
  type Step,
  startState,
} from '../schedulers/plan.js';
import type { NoiseSource } from './noise.js';

/** Moves the latents before a call of the network. */
export type Guide = (sample: Float32Array, step: Step, progress: CallProgress) => Promise<Float32Array>;

/** A step of the scheduler that was made, for those who may change the latents after it. */
export interface SteppedCall extends CallProgress {
  readonly step: Step;
  /** Undefined after the last. */
  readonly next?: Step;
  /** A copy. */
  readonly sample: Float32Array;
  /** The x0 prediction of this call; computed when asked for. */
  denoised(): Float32Array;
}

/** Called after each step; latents that it returns stand in for the step's own. */
export type AfterStep = (state: SteppedCall) => Promise<Float32Array | undefined> | Float32Array | undefined;

/** Options of `denoise`. */
export interface DenoiseOptions {
  readonly plan: SamplingPlan;
  /** Gives the noise to start from, and that of steps that need some. */
  readonly noise: NoiseSource;
  /** Latents to start from; noise where they are not given. */
  readonly start?: Float32Array;
  readonly predict: Predict;
  /** In their order. */
  readonly guides?: readonly Guide[];
  /** Latents to go on with after a step, or undefined to leave them; in their order. */
  readonly afterSteps?: readonly AfterStep[];
  /** Looked at before each call. */
  readonly signal?: AbortSignalLike;
}

/** The state after a call of the network, and its x0 prediction. */
export interface DenoisedCall extends CallProgress {
  readonly timestep: number;
  /** A copy: writing to it changes nothing. */
  readonly sample: Float32Array;
  /** Computed when asked for. */
  denoised(): Float32Array;
  readonly milliseconds: number;
}

/**
 * Yields once after each call of the network; the last `sample` is the result. The event loop has a turn before each
 * call. Rejects with an error that names the call where latents are no longer finite.
 */
export async function* denoise(options: DenoiseOptions): AsyncGenerator<DenoisedCall, void, undefined> {
  const { plan, noise, start, predict, guides = [], afterSteps = [], signal } = options;
  const calls = plan.steps.length;
  let state: SamplerState = start ? { sample: start } : startState(plan, noise());
  for (const [stepIndex, step] of plan.steps.entries()) {
    await eventLoopTurn();
    signal?.throwIfAborted();
    const begin = Date.now();
    const { timestep } = step;
    const check = (numbers: Float32Array, whose: string): void => {
      if (isFiniteData(numbers)) return;
      throw new Error(
        `call ${stepIndex + 1} of ${calls} (timestep ${timestep}): ${whose} NaN or an infinity; ${ADVICE}`,
      );
    };
    let before = state;
    for (const guide of guides) {
      before = { ...before, sample: await guide(before.sample, step, { stepIndex, calls }) };
      check(before.sample, 'guidance moved the latents to');
      signal?.throwIfAborted();
    }
    const output = await predict(networkInput(step, before), timestep, { stepIndex, calls });
    check(output, 'the network gave');
    state = applyStep(step, before, output, needsNoise(step) ? noise() : undefined);
    check(state.sample, "the scheduler's step led to");
    const denoised = () => denoisedSample(step, before, output);
    for (const afterStep of afterSteps) {
      const next = plan.steps[stepIndex + 1];
      const sample = await afterStep({
        stepIndex,
        calls,
        step,
        next,
        sample: state.sample.slice(),
        denoised,
      });
      if (sample) state = { ...state, sample };
      check(state.sample, 'a plugin moved the latents to');
    }
    const sample = state.sample.slice();
    yield { stepIndex, calls, timestep, sample, denoised, milliseconds: Date.now() - begin };
  }
}

const ADVICE =
  "try a lower guidanceScale or strength, another scheduler, or more steps; without precision: 'half' where it was asked for";
