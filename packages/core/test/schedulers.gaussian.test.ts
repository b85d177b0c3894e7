// A world in which the perfect network is known: clean latents are normal with std S, so that what it predicts
// is a multiple of the sample, and every sample a sum of independent noises. Its variance is followed exactly: entry i
// of a vector is how much of noise i is in it. Solvers must end at the true variance, the closer the more steps, as
// fast as their order says.

import { describe, expect, it } from 'vitest';
import { schedulerClasses } from '../src/schedulers/classes.js';
import {
  applyStep,
  noiseSchedule,
  type SamplerState,
  type SchedulerConfig,
  type Step,
  schedulerFromConfig,
} from '../src/schedulers/index.js';

const S = 0.5;
const base: SchedulerConfig = { beta_schedule: 'scaled_linear', beta_start: 0.00085, beta_end: 0.012 };

const shares = noiseSchedule(base).alphasCumprod;

/** Signal and noise that the sample stands for: in units of the signal where inputs are scaled. */
function levelAt({ inputScale, timestep }: Step) {
  if (inputScale !== 1) return { signal: 1, noise: Math.sqrt(inputScale ** -2 - 1) };
  const share = shares[timestep]!;
  return { signal: Math.sqrt(share), noise: Math.sqrt(1 - share) };
}

/** The perfect network's answer, for a sample of 1. */
function answer(config: SchedulerConfig, { signal, noise }: { signal: number; noise: number }): number {
  const variance = signal ** 2 * S ** 2 + noise ** 2;
  const [clean, epsilon] = [(signal * S ** 2) / variance, noise / variance];
  if (config.prediction_type === 'sample') return clean;
  // Of the picture that is not scaled down by sqrt(signal^2 + noise^2), which the network never sees.
  const scale = Math.hypot(signal, noise);
  return config.prediction_type === 'v_prediction'
    ? (signal / scale) * epsilon - (noise / scale) * clean
    : epsilon;
}

/** The last variance, as a share of the true one less 1. */
function errorOf(config: SchedulerConfig, count: number, endsAtZero: boolean): number {
  const { steps } = schedulerFromConfig(config).plan(count);
  const first = levelAt(steps[0]!);
  // Steps without fresh noise need no place for it.
  const stochastic = steps.filter(({ next }) => Object.values(next).some((each) => each.noise !== undefined));
  let state: SamplerState = { sample: new Float32Array(stochastic.length + 1) };
  state.sample[0] = Math.sqrt(first.signal ** 2 * S ** 2 + first.noise ** 2);
  for (const step of steps) {
    const factor = answer(config, levelAt(step));
    const noise = new Float32Array(stochastic.length + 1);
    noise[stochastic.indexOf(step) + 1] = 1;
    state = applyStep(
      step,
      state,
      state.sample.map((x) => factor * x),
      noise,
    );
  }
  const variance = state.sample.reduce((sum, x) => sum + x * x, 0);
  const end = endsAtZero ? { signal: 1, noise: 0 } : lastLevel(steps[0]!);
  return Math.abs(variance / (end.signal ** 2 * S ** 2 + end.noise ** 2) - 1);
}

/** Of timestep 0, in the units that `like` has. */
function lastLevel(like: Step) {
  const share = shares[0]!;
  if (like.inputScale !== 1) return { signal: 1, noise: Math.sqrt((1 - share) / share) };
  return { signal: Math.sqrt(share), noise: Math.sqrt(1 - share) };
}

const END = { final_sigmas_type: 'sigma_min' };
const COARSE = 48;
const FINE = 192;

/** Settings, the largest error in FINE steps, and how many times smaller than in COARSE steps it is at least. */
type Row = readonly [name: string, settings: SchedulerConfig, most: number, gain: number];

/** Errors of order k fall by 2^k or nearly so each time that the steps are doubled: 4, 16 and 64 times in the end. */
const toTheLast: readonly Row[] = [
  ['DPMSolverMultistepScheduler', { ...END, solver_order: 1 }, 0.035, 3.3],
  ['DPMSolverMultistepScheduler', { ...END }, 0.014, 7],
  ['DPMSolverMultistepScheduler', { ...END, solver_type: 'heun' }, 0.018, 8],
  ['DPMSolverMultistepScheduler', { ...END, solver_order: 3 }, 0.0042, 9],
  ['DPMSolverMultistepScheduler', { algorithm_type: 'dpmsolver', solver_order: 1 }, 0.035, 3.3],
  ['DPMSolverMultistepScheduler', { algorithm_type: 'dpmsolver' }, 0.009, 7],
  ['DPMSolverMultistepScheduler', { algorithm_type: 'dpmsolver', solver_type: 'heun' }, 0.006, 5.5],
  ['DPMSolverMultistepScheduler', { algorithm_type: 'dpmsolver', solver_order: 3 }, 0.0008, 14],
  ['DPMSolverMultistepScheduler', { ...END, algorithm_type: 'sde-dpmsolver++' }, 0.065, 6.5],
  ['DPMSolverMultistepScheduler', { ...END, algorithm_type: 'sde-dpmsolver++', solver_type: 'heun' }, 0.1, 8],
  ['DPMSolverMultistepScheduler', { ...END, algorithm_type: 'sde-dpmsolver++', solver_order: 3 }, 0.16, 20],
  ['DPMSolverMultistepScheduler', { algorithm_type: 'sde-dpmsolver' }, 0.015, 6.2],
  ['DPMSolverMultistepScheduler', { algorithm_type: 'sde-dpmsolver', solver_order: 3 }, 0.0024, 40],
  ['DPMSolverSinglestepScheduler', { ...END, solver_order: 1 }, 0.035, 3.3],
  ['DPMSolverSinglestepScheduler', { ...END }, 0.001, 25],
  ['DPMSolverSinglestepScheduler', { ...END, solver_type: 'heun' }, 0.007, 11],
  ['DPMSolverSinglestepScheduler', { ...END, solver_order: 3 }, 0.017, 9],
  ['DPMSolverSinglestepScheduler', { ...END, solver_order: 3, solver_type: 'heun' }, 0.0022, 4],
  ['DPMSolverSinglestepScheduler', { algorithm_type: 'dpmsolver' }, 0.014, 8.5],
  ['DPMSolverSinglestepScheduler', { algorithm_type: 'dpmsolver', solver_type: 'heun' }, 0.005, 7],
  ['DPMSolverSinglestepScheduler', { algorithm_type: 'dpmsolver', solver_order: 3 }, 0.005, 6.5],
  ['DEISMultistepScheduler', { solver_order: 1 }, 0.035, 3.3],
  ['DEISMultistepScheduler', {}, 0.006, 5.5],
  ['DEISMultistepScheduler', { solver_order: 3 }, 0.0016, 0.9],
  ['UniPCMultistepScheduler', { ...END, solver_order: 1 }, 0.014, 5],
  ['UniPCMultistepScheduler', { ...END }, 0.008, 6],
  ['UniPCMultistepScheduler', { ...END, solver_order: 3 }, 0.0085, 6],
  ['UniPCMultistepScheduler', { ...END, solver_type: 'bh1' }, 0.007, 6],
  ['UniPCMultistepScheduler', { ...END, solver_type: 'bh1', solver_order: 3 }, 0.008, 5.8],
  ['EulerDiscreteScheduler', { ...END }, 0.036, 3.3],
  ['EulerDiscreteScheduler', { interpolation_type: 'log_linear' }, 0.02, 3.5],
];

/** Sampling ends with the prediction that there is no noise left, which is a step of first order. */
const toZero: readonly Row[] = [
  ['DDIMScheduler', { timestep_spacing: 'trailing' }, 0.05, 2],
  ['DDIMScheduler', { timestep_spacing: 'trailing', eta: 1 }, 0.08, 2.7],
  ['DDPMScheduler', {}, 0.08, 2.4],
  ['DPMSolverMultistepScheduler', {}, 0.022, 3.2],
  ['DPMSolverMultistepScheduler', { solver_order: 3 }, 0.025, 3.2],
  ['DPMSolverMultistepScheduler', { use_karras_sigmas: true }, 0.0043, 0],
  ['DPMSolverSinglestepScheduler', {}, 0.03, 3.2],
  ['DPMSolverSinglestepScheduler', { solver_order: 3 }, 0.026, 3.2],
  ['DPMSolverSinglestepScheduler', { use_karras_sigmas: true }, 0.005, 2.8],
  ['DPMSolverSDEScheduler', {}, 0.014, 4.2],
  ['DPMSolverSDEScheduler', { use_karras_sigmas: true }, 0.0045, 1.6],
  ['EulerDiscreteScheduler', {}, 0.04, 3],
  ['EulerDiscreteScheduler', { use_karras_sigmas: true }, 0.026, 3],
  ['EulerAncestralDiscreteScheduler', {}, 0.09, 2.4],
  ['HeunDiscreteScheduler', {}, 0.004, 0],
  ['KDPM2DiscreteScheduler', {}, 0.002, 12],
  ['KDPM2AncestralDiscreteScheduler', {}, 0.008, 7.5],
  ['KDPM2AncestralDiscreteScheduler', { use_karras_sigmas: true }, 0.0035, 2.6],
  ['LMSDiscreteScheduler', {}, 0.00003, 40],
  ['LMSDiscreteScheduler', { use_karras_sigmas: true }, 0.000005, 100],
  ['UniPCMultistepScheduler', {}, 0.024, 3],
  ['UniPCMultistepScheduler', { use_karras_sigmas: true }, 0.0045, 0],
];

const predictions = ['epsilon', 'v_prediction', 'sample'];
const rows = [
  ...toTheLast.map((row) => [...row, false] as const),
  ...toZero.map((row) => [...row, true] as const),
];

describe('with a perfect network, the variance of pictures is that of the world', () => {
  it.each(rows)('%s %o', (_class_name, settings, most, gain, endsAtZero) => {
    const spacing = { timestep_spacing: 'linspace' };
    const config = { ...base, ...spacing, ...settings, _class_name };
    const [coarse, fine] = [errorOf(config, COARSE, endsAtZero), errorOf(config, FINE, endsAtZero)];
    expect(fine).toBeLessThan(most);
    expect(coarse / fine).toBeGreaterThan(gain);
    for (const prediction_type of predictions) {
      const other = errorOf({ ...config, prediction_type }, COARSE, endsAtZero);
      expect(other, prediction_type).toBeCloseTo(coarse, 3);
    }
  });

  it('PNDM, whose slopes are those of what the network says', () => {
    const config = { ...base, _class_name: 'PNDMScheduler', timestep_spacing: 'leading' };
    for (const prediction_type of predictions) {
      const [coarse, fine] = [20, 160].map((count) => errorOf({ ...config, prediction_type }, count, true));
      expect(fine).toBeLessThan(coarse! / 4);
    }
  });

  it('covers every class but those of distilled networks, which take steps of their own', () => {
    const distilled = ['LCMScheduler', 'TCDScheduler'];
    const names = new Set([...rows.map(([name]) => name), 'PNDMScheduler', ...distilled]);
    expect([...names].sort()).toEqual(Object.keys(schedulerClasses).sort());
  });
});
