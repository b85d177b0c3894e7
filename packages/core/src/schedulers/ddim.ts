import { just, sum } from './combination.js';
import {
  checkSteps,
  readNumber,
  readNumbers,
  readOption,
  rejectClipping,
  type SchedulerConfig,
} from './config.js';
import { levelOf, noiseSchedule } from './noiseSchedule.js';
import { type Scheduler, type Step, withoutFirst } from './plan.js';
import { predict } from './prediction.js';
import { roundHalfEven, spacedTimesteps, spacingSettings } from './spacing.js';

/**
 * DDIM, Song et al. 2021 (arXiv 2010.02502), equation 12; one network call a step.
 *
 * Reads beside the noise schedule: timestep_spacing (leading), steps_offset (0), set_alpha_to_one (true),
 * `eta` (0 .. 1, default 0: no fresh noise; ours, diffusers takes it at each call) and `timesteps` (falling; ours: the
 * timesteps of a plan of as many steps, as diffusers' `timesteps` of a call). clip_sample counts as false when absent and
 * throws when true.
 */
export function ddim(config: SchedulerConfig): Scheduler {
  rejectClipping(config);
  const schedule = noiseSchedule(config);
  const { numTrainTimesteps: train, alphasCumprod, predictionType } = schedule;
  const spacing = spacingSettings(config, 'leading');
  const final = readOption(config, 'set_alpha_to_one', true) ? 1 : (alphasCumprod[0] as number);
  const eta = readNumber(config, 'eta', { min: 0, max: 1 }, 0);

  const custom = fallingTimesteps(config, train);

  const stepAt = (timestep: number, next: number): Step => {
    const here = alphasCumprod[timestep] as number;
    const there = alphasCumprod[next] ?? final;
    const { original, epsilon } = predict(predictionType, levelOf(here));
    const variance = ((1 - there) / (1 - here)) * (1 - here / there);
    const std = eta * Math.sqrt(Math.max(variance, 0));
    const direction = Math.sqrt(Math.max(1 - there - std ** 2, 0));
    const sample = sum([Math.sqrt(there), original], [direction, epsilon], [std, just('noise')]);
    return { timestep, inputScale: 1, denoised: original, next: { sample } };
  };

  return {
    name: 'ddim',
    plan(steps, from = 0) {
      checkSteps(steps, train);
      if (custom?.length === steps) {
        const all = custom.map((timestep, i) => stepAt(timestep, custom[i + 1] ?? -1));
        return { initNoiseSigma: 1, steps: withoutFirst(all, from) };
      }
      const stride = Math.floor(train / steps);
      const timesteps = withoutFirst(spacedTimesteps(spacing, steps, train), from).map(roundHalfEven);
      return { initNoiseSigma: 1, steps: timesteps.map((timestep) => stepAt(timestep, timestep - stride)) };
    },
  };
}

function fallingTimesteps(config: SchedulerConfig, train: number): readonly number[] | undefined {
  const timesteps = readNumbers(config, 'timesteps', { min: 0, max: train - 1, whole: true }, train);
  if (timesteps?.every((timestep, i) => i === 0 || timestep < timesteps[i - 1]!) ?? true) return timesteps;
  throw new Error(`scheduler config: timesteps must fall, got ${timesteps!.join(', ')}`);
}
