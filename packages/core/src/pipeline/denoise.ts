// The denoising loop: from noise to latents, one call of the network at a time.

import type { AbortSignalLike } from '../abort.js';
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
import type { CallProgress } from './plugin.js';

/** What the network returns, guided, for latents and the timestep they are at. */
export type Predict = (
  sample: Float32Array,
  timestep: number,
  progress: CallProgress,
) => Promise<Float32Array>;

/** Moves the latents before a call of the network. */
export type Guide = (sample: Float32Array, step: Step, progress: CallProgress) => Promise<Float32Array>;

export interface DenoiseOptions {
  readonly plan: SamplingPlan;
  readonly noise: NoiseSource;
  readonly predict: Predict;
  /** In their order. */
  readonly guides?: readonly Guide[];
  /** Looked at before each call. */
  readonly signal?: AbortSignalLike;
}

/** The state after a call of the network, and the clean latents that this call foretold. */
export interface DenoisedCall extends CallProgress {
  readonly timestep: number;
  readonly sample: Float32Array;
  /** Computed when asked for. */
  denoised(): Float32Array;
  readonly milliseconds: number;
}

/** Yields once after each call of the network; the last `sample` is the result. */
export async function* denoise(options: DenoiseOptions): AsyncGenerator<DenoisedCall, void, undefined> {
  const { plan, noise, predict, guides = [], signal } = options;
  const calls = plan.steps.length;
  let state: SamplerState = startState(plan, noise());
  for (const [call, step] of plan.steps.entries()) {
    signal?.throwIfAborted();
    const start = Date.now();
    let before = state;
    for (const guide of guides) {
      before = { ...before, sample: await guide(before.sample, step, { call, calls }) };
    }
    const output = await predict(networkInput(step, before), step.timestep, { call, calls });
    state = applyStep(step, before, output, needsNoise(step) ? noise() : undefined);
    const { sample } = state;
    const denoised = () => denoisedSample(step, before, output);
    yield { call, calls, timestep: step.timestep, sample, denoised, milliseconds: Date.now() - start };
  }
}
