import { just, sum } from './combination.js';
import { checkSteps, oneOf, rejectClipping, type SchedulerConfig } from './config.js';
import { levelOf, noiseSchedule } from './noiseSchedule.js';
import { type Scheduler, type Step, withoutFirst } from './plan.js';
import { predict } from './prediction.js';
import { roundHalfEven, spacedTimesteps, spacingSettings } from './spacing.js';

/** The variances of a step that no network predicts. */
export const varianceTypes = ['fixed_small', 'fixed_small_log', 'fixed_large'] as const;

/**
 * DDPM, Ho et al. 2020 (arXiv 2006.11239), equations 6 and 7; every step but the one at timestep 0 takes
 * noise.
 *
 * Reads beside the noise schedule: timestep_spacing (leading), steps_offset (0) and variance_type
 * (fixed_small, its logarithmic twin fixed_small_log, fixed_large).
 * clip_sample counts as false when absent and throws when true.
 */
export function ddpm(config: SchedulerConfig): Scheduler {
  rejectClipping(config);
  const { numTrainTimesteps: train, alphasCumprod, predictionType } = noiseSchedule(config);
  const spacing = spacingSettings(config, 'leading');
  const varianceType = oneOf(config, 'variance_type', varianceTypes, 'fixed_small');

  const stepAt = (timestep: number, next: number | undefined): Step => {
    const here = alphasCumprod[timestep] as number;
    const there = next === undefined ? 1 : (alphasCumprod[next] as number);
    const alpha = here / there;
    const { original } = predict(predictionType, levelOf(here));
    const posterior = ((1 - there) / (1 - here)) * (1 - alpha);
    const variance = varianceType === 'fixed_large' ? 1 - alpha : Math.max(posterior, 1e-20);
    const sample = sum(
      [(Math.sqrt(there) * (1 - alpha)) / (1 - here), original],
      [(Math.sqrt(alpha) * (1 - there)) / (1 - here), just('sample')],
      [timestep > 0 ? Math.sqrt(variance) : 0, just('noise')],
    );
    return { timestep, inputScale: 1, denoised: original, next: { sample } };
  };

  return {
    name: 'ddpm',
    plan(steps, from = 0) {
      checkSteps(steps, train);
      const timesteps = withoutFirst(spacedTimesteps(spacing, steps, train), from).map(roundHalfEven);
      return { initNoiseSigma: 1, steps: timesteps.map((timestep, i) => stepAt(timestep, timesteps[i + 1])) };
    },
  };
}
