import { just, sum } from './combination.js';
import { checkSteps, readNumber, readOption, rejectClipping, type SchedulerConfig } from './config.js';
import { levelOf, noiseSchedule } from './noiseSchedule.js';
import { type Scheduler, type Step, withoutFirst } from './plan.js';
import { predict } from './prediction.js';
import { roundHalfEven, spacedTimesteps, spacingSettings } from './spacing.js';

/**
 * DDIM, Song et al. 2021 (arXiv 2010.02502), equation 12; one network call a step.
 *
 * Reads beside the noise schedule: timestep_spacing (leading), steps_offset (0), set_alpha_to_one (true) and
 * `eta` (0 .. 1, default 0: no fresh noise; ours, diffusers takes it at each call).
 * clip_sample counts as false when absent and throws when true.
 */
export function ddim(config: SchedulerConfig): Scheduler {
  rejectClipping(config);
  const schedule = noiseSchedule(config);
  const { numTrainTimesteps: train, alphasCumprod, predictionType } = schedule;
  const spacing = spacingSettings(config, 'leading');
  const final = readOption(config, 'set_alpha_to_one', true) ? 1 : (alphasCumprod[0] as number);
  const eta = readNumber(config, 'eta', { min: 0, max: 1 }, 0);

  const stepAt = (timestep: number, stride: number): Step => {
    const here = alphasCumprod[timestep] as number;
    const there = alphasCumprod[timestep - stride] ?? final;
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
      const stride = Math.floor(train / steps);
      const timesteps = withoutFirst(spacedTimesteps(spacing, steps, train), from).map(roundHalfEven);
      return { initNoiseSigma: 1, steps: timesteps.map((timestep) => stepAt(timestep, stride)) };
    },
  };
}
