// Every field of a scheduler_config.json that a class has changes its plan, or is refused.

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { betaQuantile } from '../src/schedulers/betaDistribution.js';
import { schedulerClasses } from '../src/schedulers/classes.js';
import { phi, stepWeights } from '../src/schedulers/exponentials.js';
import {
  fieldsWithoutEffect,
  noiseSchedule,
  type SchedulerConfig,
  schedulerFromConfig,
  schedulerNames,
} from '../src/schedulers/index.js';
import { betaSigmas, exponentialSigmas, karrasSigmas } from '../src/schedulers/ramps.js';

const base: SchedulerConfig = {
  beta_schedule: 'scaled_linear',
  beta_start: 0.00085,
  beta_end: 0.012,
  prediction_type: 'v_prediction',
};

/** Two settings of a field that must give different plans; the first is the default where nothing else is said. */
type Contrast = readonly [SchedulerConfig, SchedulerConfig];
const against =
  (field: string, values: readonly [unknown, unknown], beside: SchedulerConfig = {}) =>
  (): Contrast => [
    { ...beside, [field]: values[0] },
    { ...beside, [field]: values[1] },
  ];
const flag = (field: string, beside?: SchedulerConfig) => against(field, [false, true], beside);

const contrasts: Readonly<Record<string, (className: string) => Contrast>> = {
  timestep_spacing: against('timestep_spacing', ['leading', 'trailing']),
  steps_offset: against('steps_offset', [0, 3], { timestep_spacing: 'leading' }),
  set_alpha_to_one: flag('set_alpha_to_one'),
  eta: against('eta', [0, 0.5]),
  timesteps: against('timesteps', [null, [999, 833, 700, 600, 499, 400, 300, 249, 100, 20]]),
  variance_type: against('variance_type', ['fixed_small', 'fixed_large']),
  solver_order: against('solver_order', [2, 3]),
  solver_type: (name) =>
    name.startsWith('UniPC')
      ? [{ solver_type: 'bh2' }, { solver_type: 'bh1' }]
      : [{ solver_type: 'midpoint' }, { solver_type: 'heun' }],
  lower_order_final: flag('lower_order_final', { final_sigmas_type: 'sigma_min' }),
  euler_at_final: flag('euler_at_final', { final_sigmas_type: 'sigma_min', lower_order_final: false }),
  algorithm_type: against('algorithm_type', ['dpmsolver++', 'sde-dpmsolver++']),
  final_sigmas_type: against('final_sigmas_type', ['zero', 'sigma_min']),
  lambda_min_clipped: against('lambda_min_clipped', [null, -1]),
  use_karras_sigmas: flag('use_karras_sigmas'),
  use_exponential_sigmas: flag('use_exponential_sigmas'),
  use_beta_sigmas: flag('use_beta_sigmas'),
  use_lu_lambdas: flag('use_lu_lambdas'),
  sigma_min: against('sigma_min', [null, 0.2], { use_karras_sigmas: true }),
  sigma_max: against('sigma_max', [null, 7], { use_karras_sigmas: true }),
  interpolation_type: against('interpolation_type', ['linear', 'log_linear']),
  disable_corrector: against('disable_corrector', [[], [2]]),
  original_inference_steps: against('original_inference_steps', [50, 33]),
  timestep_scaling: against('timestep_scaling', [10, 0.001]),
};
/** Settings that throw, of fields whose other settings change nothing. */
const refused: Readonly<Record<string, SchedulerConfig>> = {
  skip_prk_steps: { skip_prk_steps: false },
  use_flow_sigmas: { use_flow_sigmas: true },
  use_dynamic_shifting: { use_dynamic_shifting: true },
  timestep_type: { timestep_type: 'continuous' },
  predict_x0: { predict_x0: false },
  solver_p: { solver_p: {} },
};
/** Fields of which a class takes names of other classes' settings, without effect. */
const taken: Readonly<Record<string, readonly string[]>> = {
  DEISMultistepScheduler: ['algorithm_type', 'solver_type', 'final_sigmas_type'],
};

const plan = (_class_name: string, settings: SchedulerConfig) =>
  schedulerFromConfig({ ...base, ...settings, _class_name }).plan(10);
const cases = Object.entries(schedulerClasses).flatMap(([name, { fields }]) =>
  fields.filter((field) => !taken[name]?.includes(field)).map((field) => ({ name, field })),
);

describe('every field that a class has', () => {
  it.each(cases)('$field of $name', ({ name, field }) => {
    const isVariance = field === 'variance_type' && name !== 'DDPMScheduler';
    const impossible = isVariance ? { variance_type: 'learned' } : refused[field];
    if (impossible !== undefined) {
      expect(() => plan(name, impossible)).toThrow(field);
      return;
    }
    const found = contrasts[field]?.(name);
    if (found === undefined) throw new Error(`no contrast for ${field}`);
    const own = (settings: SchedulerConfig) =>
      Object.fromEntries(
        Object.entries(settings).filter(([other]) => schedulerClasses[name]?.fields.includes(other)),
      );
    expect(plan(name, own(found[0]))).not.toEqual(plan(name, own(found[1])));
  });

  it.each(Object.keys(schedulerClasses))('%s reads the noise schedule', (name) => {
    const usual = plan(name, {});
    for (const settings of [
      { beta_start: 0.001 },
      { beta_end: 0.02 },
      { beta_schedule: 'linear' },
      { prediction_type: 'sample' },
      { num_train_timesteps: 500 },
      { rescale_betas_zero_snr: true },
      { trained_betas: Array.from({ length: 1000 }, () => 0.004) },
    ]) {
      expect(plan(name, settings), Object.keys(settings)[0]).not.toEqual(usual);
    }
  });

  it.each(Object.keys(schedulerClasses))(
    '%s takes fields without effect, and says nothing of them',
    (name) => {
      const usual = plan(name, {});
      for (const field of Object.keys(fieldsWithoutEffect))
        expect(plan(name, { [field]: 0.5 })).toEqual(usual);
      for (const field of ['clip_sample', 'thresholding']) {
        expect(() => plan(name, { [field]: true })).toThrow(`${field} true is not supported`);
      }
    },
  );

  it.each(['DPMSolverMultistepScheduler', 'DPMSolverSinglestepScheduler'])(
    '%s takes the fixed variance of a file of DDPM',
    (name) => {
      for (const variance_type of ['fixed_small', 'fixed_small_log', 'fixed_large']) {
        expect(plan(name, { variance_type })).toEqual(plan(name, {}));
      }
    },
  );

  it.each(['use_karras_sigmas', 'use_exponential_sigmas', 'use_beta_sigmas'])(
    'log_linear with %s ends at timestep 0',
    (ramp) => {
      const { steps } = plan('EulerDiscreteScheduler', { interpolation_type: 'log_linear', [ramp]: true });
      expect(steps.at(-1)?.timestep).toBeCloseTo(0, 6);
    },
  );
});

describe('the end of sampling', () => {
  const last = (settings: SchedulerConfig) =>
    plan('DPMSolverMultistepScheduler', settings).steps.at(-1)?.next.sample;

  it('follows the version of diffusers that wrote the file, unless the file says itself', () => {
    const zero = last({ final_sigmas_type: 'zero' });
    const least = last({ final_sigmas_type: 'sigma_min' });
    expect(zero).not.toEqual(least);
    for (const version of ['0.26.0', '0.35.1', '1.0.0', undefined, 'dev']) {
      expect(last({ _diffusers_version: version })).toEqual(zero);
    }
    for (const version of ['0.6.0', '0.7.0.dev0', '0.21.4', '0.25.1']) {
      expect(last({ _diffusers_version: version })).toEqual(least);
      expect(last({ _diffusers_version: version, final_sigmas_type: 'zero' })).toEqual(zero);
    }
  });

  it('is nothing but the clean prediction where it is at no noise', () => {
    const { steps } = plan('UniPCMultistepScheduler', {});
    const { next, denoised } = steps.at(-1) ?? {};
    expect(next?.sample).toEqual(denoised);
  });
});

describe('ramps', () => {
  it('are at the quantiles that SciPy gives for the beta distribution', () => {
    const wanted = [
      [1e-4, 0.6, 0.6, 3.998377158137721e-7],
      [0.01, 0.6, 0.6, 0.0008612388215429059],
      [0.1, 0.6, 0.6, 0.03958440558878085],
      [0.25, 0.6, 0.6, 0.17568037865269498],
      [1 / 3, 0.6, 0.6, 0.2754132907776234],
      [0.5, 0.6, 0.6, 0.5],
      [0.75, 0.6, 0.6, 0.824319621347305],
      [0.999, 0.6, 0.6, 0.9999814412614826],
      [0.3, 2, 5, 0.18180347131894917],
      [0.7, 2, 5, 0.36035769038002013],
      [0.05, 0.6, 3, 0.0020072475352666363],
    ] as const;
    for (const [share, alpha, beta, x] of wanted) {
      expect(Math.abs(betaQuantile(share, alpha, beta) / x - 1)).toBeLessThan(1e-9);
    }
    expect([betaQuantile(0, 2, 2), betaQuantile(1, 2, 2)]).toEqual([0, 1]);
    expect(betaSigmas(14, 0.03, 3)).toEqual([14, expect.closeTo((14 + 0.03) / 2, 9), 0.03]);
  });

  it('begin and end where the config says', () => {
    for (const ramp of [karrasSigmas, exponentialSigmas, betaSigmas]) {
      const sigmas = ramp(14.6, 0.03, 9);
      expect(sigmas).toHaveLength(9);
      expect(sigmas[0]).toBeCloseTo(14.6, 9);
      expect(sigmas[8]).toBeCloseTo(0.03, 9);
      expect(sigmas.every((sigma, i) => i === 0 || sigma < (sigmas[i - 1] ?? 0))).toBe(true);
      expect(ramp(14.6, 0.03, 1)).toEqual([expect.closeTo(14.6, 9)]);
    }
    expect(exponentialSigmas(100, 1, 3)[1]).toBeCloseTo(10, 9);
    expect(karrasSigmas(2 ** 7, 1, 3)[1]).toBeCloseTo(1.5 ** 7, 9);
  });

  it('follow the way after the first step where a schedule ends at no signal', () => {
    const cosine = { beta_schedule: 'squaredcos_cap_v2', timestep_spacing: 'trailing' };
    const sigmasOf = (settings: SchedulerConfig) =>
      plan('EulerDiscreteScheduler', settings).steps.map(({ inputScale }) => Math.sqrt(inputScale ** -2 - 1));
    const spaced = sigmasOf(cosine);
    const ramped = sigmasOf({ ...cosine, use_karras_sigmas: true });
    for (const i of [0, 1, 9]) expect(ramped[i]).toBeCloseTo(spaced[i] ?? Number.NaN, 6);
    const wanted = karrasSigmas(spaced[1] ?? Number.NaN, spaced[9] ?? Number.NaN, 9);
    for (const [i, sigma] of wanted.entries()) expect(ramped[i + 1]).toBeCloseTo(sigma, 6);
    expect(sigmasOf({ ...cosine, use_karras_sigmas: true, sigma_max: 500 })[0]).toBeCloseTo(500, 6);
    expect(plan('HeunDiscreteScheduler', { use_karras_sigmas: true }).initNoiseSigma).toBeCloseTo(14.61, 1);
  });

  it('leave no step of second order out of the noise', () => {
    const cosine = { beta_schedule: 'squaredcos_cap_v2', timestep_spacing: 'trailing' };
    for (const name of [
      'HeunDiscreteScheduler',
      'KDPM2DiscreteScheduler',
      'KDPM2AncestralDiscreteScheduler',
    ]) {
      expect(plan(name, cosine).steps).toHaveLength(18);
      expect(plan(name, {}).steps).toHaveLength(19);
    }
  });
});

describe('exponentials', () => {
  it('agree with their closed forms, and with their limits', () => {
    for (const z of [-30, -3, -0.99, 0.99, 2]) {
      const one = Math.expm1(z) / z;
      expect(phi(1, z)).toBeCloseTo(one, 12);
      expect(phi(2, z)).toBeCloseTo((one - 1) / z, 10);
      expect(phi(3, z)).toBeCloseTo(((one - 1) / z - 1 / 2) / z, 8);
    }
    expect([1, 2, 3, 4].map((k) => phi(k, 0))).toEqual([1, 1 / 2, 1 / 6, 1 / 24]);
    expect(stepWeights(Number.POSITIVE_INFINITY)).toEqual([1, 1, 1 / 2]);
    for (const [i, weight] of stepWeights(700).entries()) {
      expect(weight).toBeCloseTo([1, 1, 1 / 2][i] ?? Number.NaN, 2);
    }
  });
});

describe('noise schedules by class', () => {
  it('have the defaults of diffusers', () => {
    const first = (_class_name: string) =>
      1 - (noiseSchedule({ _class_name }).alphasCumprod[0] ?? Number.NaN);
    expect(first('DDIMScheduler')).toBeCloseTo(0.0001, 9);
    expect(first('HeunDiscreteScheduler')).toBeCloseTo(0.00085, 9);
    expect(first('LCMScheduler')).toBeCloseTo(0.00085, 9);
  });

  it('are sigmoid, laplace and exp as well', () => {
    const at = (beta_schedule: string, t: number) =>
      noiseSchedule({ beta_schedule }).alphasCumprod[t] ?? Number.NaN;
    expect(at('exp', 499)).toBeCloseTo(Math.exp(-6), 9);
    expect(at('laplace', 499)).toBeCloseTo(Math.sqrt(1 / 2) / Math.sqrt(1000 / 1001), 2);
    expect(at('sigmoid', 0)).toBeCloseTo(1 - (0.0199 / (1 + Math.exp(6)) + 0.0001), 9);
  });
});

describe('docs/schedulers.md', () => {
  const page = readFileSync(new URL('../../../docs/schedulers.md', import.meta.url), 'utf8');

  it.each([...schedulerNames, ...Object.keys(schedulerClasses), ...Object.keys(fieldsWithoutEffect)])(
    'tells of %s',
    (name) => {
      expect(page).toContain(`\`${name}\``);
    },
  );
});
