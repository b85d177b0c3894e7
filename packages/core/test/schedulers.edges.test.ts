// Where a range ends, and what holds there.

import { describe, expect, it } from 'vitest';
import { betaQuantile } from '../src/schedulers/betaDistribution.js';
import { schedulerClasses } from '../src/schedulers/classes.js';
import {
  applyStep,
  denoisedSample,
  noiseSchedule,
  type SchedulerConfig,
  schedulerFromConfig,
} from '../src/schedulers/index.js';
import { leavesHiding } from '../src/schedulers/sigmaPath.js';
import { interpolate, timestepOfSigma, trainingSigmas, withoutZeroSignal } from '../src/schedulers/sigmas.js';

const base: SchedulerConfig = { beta_schedule: 'scaled_linear', beta_start: 0.00085, beta_end: 0.012 };
const plan = (_class_name: string, settings: SchedulerConfig = {}, steps = 10) =>
  schedulerFromConfig({ ...base, ...settings, _class_name }).plan(steps);

describe('ranges of fields', () => {
  /** The least and the largest number of a field, in a class that has it. */
  const ranges: Readonly<Record<string, readonly [string, SchedulerConfig, SchedulerConfig]>> = {
    disable_corrector: ['UniPCMultistepScheduler', { disable_corrector: [0] }, { disable_corrector: [9999] }],
    original_inference_steps: [
      'LCMScheduler',
      { original_inference_steps: 1 },
      { original_inference_steps: 1000 },
    ],
    eta: ['TCDScheduler', { eta: 0 }, { eta: 1 }],
    num_train_timesteps: [
      'DDIMScheduler',
      { num_train_timesteps: 1 },
      { num_train_timesteps: 10_000, beta_start: 1e-5, beta_end: 1e-4 },
    ],
  };
  const beyond: Readonly<Record<string, readonly [SchedulerConfig, SchedulerConfig]>> = {
    disable_corrector: [{ disable_corrector: [-1] }, { disable_corrector: [10_000] }],
    original_inference_steps: [{ original_inference_steps: 0 }, { original_inference_steps: 1001 }],
    eta: [{ eta: -1e-9 }, { eta: 1 + 1e-9 }],
    num_train_timesteps: [{ num_train_timesteps: 0 }, { num_train_timesteps: 10_001 }],
  };

  it.each(Object.entries(ranges))('%s is taken up to both ends, and not beyond', (field, [name, ...ends]) => {
    for (const settings of ends) expect(plan(name, settings, 1).steps.length, field).toBeGreaterThan(0);
    for (const settings of beyond[field]!) expect(() => plan(name, settings, 1)).toThrow(field);
  });

  const texts = [
    'timestep_spacing',
    'solver_type',
    'algorithm_type',
    'interpolation_type',
    'timestep_type',
    'variance_type',
    'final_sigmas_type',
  ];
  const cases = Object.entries(schedulerClasses).flatMap(([name, { fields }]) =>
    fields.filter((field) => texts.includes(field)).map((field) => [name, field] as const),
  );

  it.each(cases)('%s knows no other %s', (name, field) => {
    expect(() => plan(name, { [field]: 'nonsense' })).toThrow(field);
  });
});

describe('noise schedules', () => {
  it("cap the cosine's last beta", () => {
    const { alphasCumprod } = noiseSchedule({ beta_schedule: 'squaredcos_cap_v2' });
    expect(1 - alphasCumprod[999]! / alphasCumprod[998]!).toBeCloseTo(0.999, 9);
  });

  it('leave a little signal, and the last timestep less', () => {
    const reaches = (shares: readonly number[]) => () =>
      noiseSchedule({
        num_train_timesteps: shares.length,
        trained_betas: shares.map((share, i) => 1 - share / (shares[i - 1] ?? 1)),
      });
    expect(reaches([0.5, 2e-10, 1e-10 / 2])).not.toThrow();
    expect(reaches([0.5, 0.9e-10, 1e-11])).toThrow('no signal at timestep 1 of 0 to 2');
    expect(reaches([0.5, 0.4, 2e-14])).not.toThrow();
    expect(reaches([0.5, 0.4, 0.9e-14])).toThrow('no signal at timestep 2 of 0 to 2');
  });
});

describe('sigmas', () => {
  const sigmas = Float64Array.of(1, 2, 8, 16);

  it('lie on straight lines between timesteps, and end where the schedule does', () => {
    const at = (index: number) => interpolate(sigmas, index);
    expect([0, 0.5, 1, 1.25, 2.5, 3].map(at)).toEqual([1, 1.5, 2, 3.5, 12, 16]);
  });

  it('have the timestep that straight lines in their logarithms give', () => {
    for (const [sigma, timestep] of [
      [0.5, 0],
      [1, 0],
      [Math.SQRT2, 0.5],
      [2, 1],
      [4, 1.5],
      [8, 2],
      [8 * Math.SQRT2, 2.5],
      [16, 3],
      [99, 3],
    ] as const) {
      expect(timestepOfSigma(sigmas, sigma)).toBeCloseTo(timestep, 12);
    }
    expect(timestepOfSigma(Float64Array.of(3), 5)).toBe(0);
    const many = trainingSigmas(noiseSchedule(base));
    for (let t = 0; t < many.length; t++) expect(timestepOfSigma(many, many[t]!)).toBeCloseTo(t, 6);
  });

  it('are even in their logarithms where a config says log_linear, whatever the timesteps', () => {
    const { steps } = plan('EulerDiscreteScheduler', { interpolation_type: 'log_linear' }, 7);
    const found = steps.map(({ inputScale }) => Math.sqrt(inputScale ** -2 - 1));
    const all = trainingSigmas(noiseSchedule(base));
    const [highest, least] = [all[999]!, all[0]!];
    for (const [i, sigma] of found.entries()) {
      expect(sigma / (highest * (least / highest) ** (i / 7))).toBeCloseTo(1, 9);
    }
  });

  it('rise to the last also where the schedule has no signal there', () => {
    const schedule = noiseSchedule({ ...base, rescale_betas_zero_snr: true });
    expect(schedule.alphasCumprod[999]).toBe(0);
    const kept = withoutZeroSignal(schedule).alphasCumprod;
    expect(kept[999]).toBe(2 ** -24);
    expect(kept.slice(0, 999)).toEqual(schedule.alphasCumprod.slice(0, 999));
    expect(schedule.alphasCumprod[999]).toBe(0);
    const flat = { ...schedule, alphasCumprod: Float64Array.of(0.5, 2 ** -30, 0) };
    expect(withoutZeroSignal(flat).alphasCumprod[2]).toBe(2 ** -31);
  });

  it('leave what hides the picture by a step of first order where it is long', () => {
    const found = [
      [40, 0],
      [41, 0],
      [100, 4.9],
      [100, 5],
      [100, 6],
      [39, 1],
    ].map(([from, to]) => leavesHiding(from!, to!));
    expect(found).toEqual([false, true, true, false, false, false]);
  });
});

describe('betaQuantile', () => {
  it('gives back the share, also of narrow and of lopsided distributions', () => {
    // For whole parameters the share is a sum of binomial terms.
    const share = (x: number, alpha: number, beta: number): number => {
      const n = alpha + beta - 1;
      let [term, sum] = [1, 0];
      for (let j = 0; j <= n; j++) {
        if (j >= alpha) sum += term * x ** j * (1 - x) ** (n - j);
        term *= (n - j) / (j + 1);
      }
      return sum;
    };
    for (const [alpha, beta] of [
      [1, 1],
      [1, 9],
      [9, 1],
      [3, 4],
      [12, 30],
    ] as const) {
      for (const wanted of [1e-6, 0.01, 0.3, 0.5, 0.8, 0.99]) {
        expect(share(betaQuantile(wanted, alpha, beta), alpha, beta) / wanted).toBeCloseTo(1, 8);
      }
    }
  });
});

describe('orders of single steps', () => {
  /** Whether each step goes on from where the network stood last, or moves anew from the start of its round. */
  const fromStart = (settings: SchedulerConfig, steps: number) =>
    plan('DPMSolverSinglestepScheduler', settings, steps).steps.map(
      ({ next }) => next.sample.start !== undefined,
    );
  const END = { final_sigmas_type: 'sigma_min' };

  it('follow each other; the last round is cut where lower_order_final is set', () => {
    const [one, two] = [false, true];
    expect(fromStart({ ...END, solver_order: 3 }, 6)).toEqual([one, two, two, one, two, two]);
    expect(fromStart({ ...END, solver_order: 3, lower_order_final: true }, 6)).toEqual([
      one,
      two,
      two,
      one,
      two,
      one,
    ]);
    // A number of steps that is no multiple of the order ends within a round.
    expect(fromStart({ ...END, solver_order: 3 }, 5)).toEqual([one, two, two, one, two]);
    expect(fromStart({ ...END, solver_order: 2 }, 4)).toEqual([one, two, one, two]);
    expect(fromStart({ ...END, solver_order: 2, lower_order_final: true }, 4)).toEqual([one, two, one, one]);
    expect(fromStart({ ...END, solver_order: 2 }, 5)).toEqual([one, two, one, two, one]);
  });
});

describe('a step', () => {
  it('hands on vectors as they are, and makes new ones of sums', () => {
    const { steps } = plan('DPMSolverMultistepScheduler', { solver_order: 3, prediction_type: 'sample' });
    const sample = Float32Array.of(1, 2);
    const output = Float32Array.of(3, 4);
    expect(denoisedSample(steps[0]!, { sample }, output)).toBe(output);
    const first = applyStep(steps[0]!, { sample }, output);
    expect(first.value1).toBe(output);
    expect(first.sample).not.toBe(sample);
    const second = applyStep(steps[1]!, first, Float32Array.of(5, 6));
    expect(second.value2).toBe(output);
  });
});
