// Samplers of networks that were distilled to jump to the clean latents: LCM and TCD.

import { just, sum } from './combination.js';
import { checkSteps, readNumber, rejectClipping, type SchedulerConfig } from './config.js';
import { levelOf, noiseSchedule } from './noiseSchedule.js';
import { type Scheduler, type Step, withoutFirst } from './plan.js';
import { predict } from './prediction.js';

// The standard deviation of the data that LCM's boundary condition assumes.
const SIGMA_DATA = 0.5;

/**
 * Multistep sampling of a latent consistency model, Luo et al. 2023 (arXiv 2310.04378): to the clean latents and back to
 * a lower noise level with fresh noise; one network call a step.
 *
 * Reads the noise schedule, original_inference_steps (50: the timesteps of the distillation, among which these are
 * chosen) and timestep_scaling (10). `steps` is at most original_inference_steps.
 */
export function lcm(config: SchedulerConfig): Scheduler {
  const { alphasCumprod, predictionType, timesteps } = distilledTimesteps(config);
  const scaling = readNumber(config, 'timestep_scaling', { min: 1e-6, max: 1e6 }, 10);

  const stepAt = (timestep: number, next: number | undefined): Step => {
    const { original } = predict(predictionType, levelOf(alphasCumprod[timestep] as number));
    const scaled = timestep * scaling;
    const norm = Math.hypot(scaled, SIGMA_DATA);
    const denoised = sum([scaled / norm, original], [(SIGMA_DATA / norm) ** 2, just('sample')]);
    const common = { timestep, inputScale: 1, denoised };
    if (next === undefined) return { ...common, next: { sample: denoised } };
    const { signal, noise } = levelOf(alphasCumprod[next] as number);
    return { ...common, next: { sample: sum([signal, denoised], [noise, just('noise')]) } };
  };

  return {
    name: 'lcm',
    plan(steps, from = 0) {
      const visited = withoutFirst(timesteps(steps), from);
      return { initNoiseSigma: 1, steps: visited.map((timestep, i) => stepAt(timestep, visited[i + 1])) };
    },
  };
}

/**
 * Strategic stochastic sampling of a trajectory consistency model, Zheng et al. 2024 (arXiv 2402.19159): down to a lower
 * level than asked, and up with fresh noise; one network call a step.
 *
 * Reads the noise schedule, original_inference_steps (50) and `eta` (0 .. 1, default 0.3: how far below the level asked
 * each step goes; the paper's gamma. Ours, diffusers takes it at each call). `steps` is at most original_inference_steps.
 */
export function tcd(config: SchedulerConfig): Scheduler {
  const { alphasCumprod, predictionType, timesteps } = distilledTimesteps(config);
  const eta = readNumber(config, 'eta', { min: 0, max: 1 }, 0.3);

  const stepAt = (timestep: number, next: number | undefined): Step => {
    const { original, epsilon } = predict(predictionType, levelOf(alphasCumprod[timestep] as number));
    const below = alphasCumprod[Math.floor((1 - eta) * (next ?? 0))] as number;
    const level = levelOf(below);
    const lower = sum([level.signal, original], [level.noise, epsilon]);
    const kept = next === undefined || eta === 0 ? 1 : (alphasCumprod[next] as number) / below;
    const sample = sum([Math.sqrt(kept), lower], [Math.sqrt(Math.max(1 - kept, 0)), just('noise')]);
    return { timestep, inputScale: 1, denoised: original, next: { sample } };
  };

  return {
    name: 'tcd',
    plan(steps, from = 0) {
      const visited = withoutFirst(timesteps(steps), from);
      return { initNoiseSigma: 1, steps: visited.map((timestep, i) => stepAt(timestep, visited[i + 1])) };
    },
  };
}

function distilledTimesteps(config: SchedulerConfig) {
  rejectClipping(config);
  const { numTrainTimesteps: train, alphasCumprod, predictionType } = noiseSchedule(config);
  const range = { min: 1, max: train, whole: true };
  const original = readNumber(config, 'original_inference_steps', range, Math.min(50, train));
  const stride = Math.floor(train / original);
  return {
    alphasCumprod,
    predictionType,
    timesteps(steps: number): readonly number[] {
      checkSteps(steps, original);
      return Array.from(
        { length: steps },
        (_, i) => (original - Math.floor((i * original) / steps)) * stride - 1,
      );
    },
  };
}
