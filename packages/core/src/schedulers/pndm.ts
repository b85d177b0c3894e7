import { type Combination, just, sum } from './combination.js';
import { checkSteps, readOption, rejectClipping, type SchedulerConfig } from './config.js';
import { levelOf, noiseSchedule } from './noiseSchedule.js';
import { type Scheduler, type Step, withoutFirst } from './plan.js';
import { predict } from './prediction.js';
import { endsAtNoSignal, trainingSigmas, withoutZeroSignal } from './sigmas.js';
import { roundHalfEven, spacedTimesteps, spacingSettings } from './spacing.js';

// Adams-Bashforth weights of the outputs, newest first.
const adamsBashforth = [
  [1],
  [3 / 2, -1 / 2],
  [23 / 12, -16 / 12, 5 / 12],
  [55 / 24, -59 / 24, 37 / 24, -9 / 24],
] as const;

/**
 * PNDM without its Runge-Kutta start (PLMS), Liu et al. 2022 (arXiv 2202.09778); steps + 1 network calls.
 *
 * The second call repeats the first step with the mean of both outputs. Reads beside the noise schedule:
 * timestep_spacing (leading), steps_offset (0), set_alpha_to_one (false). skip_prk_steps counts as true when
 * absent (unlike in diffusers) and throws when false.
 *
 * Outputs are combined as the network returns them, as in diffusers. A velocity turns with the noise level, though, and
 * velocities of several levels do not add up to one; where a schedule ends at (nearly) no signal, so that the whole of
 * the turn is taken, clean predictions are combined instead.
 */
export function pndm(config: SchedulerConfig): Scheduler {
  rejectClipping(config);
  if (!readOption(config, 'skip_prk_steps', true)) {
    throw new Error('scheduler config: skip_prk_steps false is not supported; set skip_prk_steps to true');
  }
  const schedule = noiseSchedule(config);
  const { numTrainTimesteps: train, alphasCumprod, predictionType } = schedule;
  const spacing = spacingSettings(config, 'leading');
  const final = readOption(config, 'set_alpha_to_one', false) ? 1 : (alphasCumprod[0] as number);
  const hidden = endsAtNoSignal(trainingSigmas(withoutZeroSignal(schedule)).at(-1) as number);
  const turns = hidden && predictionType === 'v_prediction';
  const combinedType = turns ? 'sample' : predictionType;

  const move = (from: number, to: number, sample: Combination, output: Combination): Combination => {
    const here = levelOf(alphasCumprod[Math.min(from, train - 1)] as number);
    const there = levelOf(alphasCumprod[to] ?? final);
    const { original, epsilon } = predict(combinedType, here, sample, output);
    return sum([there.signal, original], [there.noise, epsilon]);
  };

  const stepAt = (call: number, timestep: number, stride: number, order: number): Step => {
    const denoised = predict(predictionType, levelOf(alphasCumprod[timestep] as number)).original;
    const common = { timestep, inputScale: 1, denoised };
    const newest = turns ? denoised : just('output');
    if (call === 1) {
      const mean = sum([1 / 2, newest], [1 / 2, just('output1')]);
      const sample = move(timestep + stride, timestep, just('start'), mean);
      return { ...common, next: { sample, output1: just('output1') } };
    }
    const earlier = ['output1', 'output2', 'output3'].map(just);
    const known = [newest, ...earlier].slice(0, Math.min(Math.max(call, 1), order));
    const weights = adamsBashforth[(known.length - 1) as 0 | 1 | 2 | 3];
    const output = sum(...known.map((of, i) => [weights[i] as number, of] as const));
    const kept = known.slice(0, 3).map((of, i) => [`output${i + 1}`, of] as const);
    return {
      ...common,
      next: {
        sample: move(timestep, timestep - stride, just('sample'), output),
        ...(call === 0 ? { start: just('sample') } : {}),
        ...Object.fromEntries(kept),
      },
    };
  };

  return {
    name: 'pndm',
    plan(steps, from = 0) {
      checkSteps(steps, train);
      const stride = Math.floor(train / steps);
      const timesteps = withoutFirst(spacedTimesteps(spacing, steps, train), from).map(roundHalfEven);
      const calls = [...timesteps.slice(0, 2), ...timesteps.slice(1)];
      // Long steps would extrapolate clean predictions too far.
      const order = hidden && steps < 15 ? 2 : 4;
      return {
        initNoiseSigma: 1,
        steps: calls.map((timestep, call) => stepAt(call, timestep, stride, order)),
      };
    },
  };
}
