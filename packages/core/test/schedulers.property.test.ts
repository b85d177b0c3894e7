// Whatever a scheduler_config.json holds: an error that names what is wrong, or a plan of usable numbers.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  noiseSchedule,
  type SamplingPlan,
  type SchedulerConfig,
  schedulerClassNames,
  schedulerFromConfig,
  schedulerNames,
} from '../src/schedulers/index.js';

const sometimes = <T>(usual: T, other: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 5, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: other });
const named = <T>(...names: readonly T[]) => fc.constantFrom(...names);
const rampFields = ['use_karras_sigmas', 'use_exponential_sigmas', 'use_beta_sigmas', 'use_lu_lambdas'];

/** Fields that may stand in files, each within its range; combinations may still be impossible. */
const fields = {
  _diffusers_version: named<unknown>('0.7.0', '0.21.4', '0.24.0', '0.35.1', '1.0.0', 'x', 3),
  num_train_timesteps: named(1, 2, 3, 10, 40, 100, 101, 250),
  beta_start: named(0.00085, 0.0001, 0.001, 1e-5, 1e-12),
  beta_end: named(0.012, 0.02, 0.002, 1e-12),
  beta_schedule: named('linear', 'scaled_linear', 'squaredcos_cap_v2', 'sigmoid', 'laplace', 'exp'),
  rescale_betas_zero_snr: fc.boolean(),
  prediction_type: named('epsilon', 'v_prediction', 'sample'),
  timestep_spacing: named('leading', 'trailing', 'linspace'),
  steps_offset: named(0, 1, 5, 2000),
  set_alpha_to_one: fc.boolean(),
  eta: fc.double({ min: 0, max: 1, noNaN: true }),
  sigma_min: sometimes<number | null>(null, fc.double({ min: 1e-6, max: 1, noNaN: true })),
  sigma_max: sometimes<number | null>(null, fc.double({ min: 1, max: 1e6, noNaN: true })),
  interpolation_type: named('linear', 'log_linear'),
  final_sigmas_type: named('zero', 'sigma_min', null),
  algorithm_type: named('dpmsolver++', 'sde-dpmsolver++', 'dpmsolver', 'sde-dpmsolver', 'deis'),
  solver_order: named(1, 2, 3),
  solver_type: named('midpoint', 'heun', 'bh1', 'bh2', 'logrho'),
  lower_order_final: fc.boolean(),
  euler_at_final: fc.boolean(),
  lambda_min_clipped: sometimes<number | null>(null, fc.double({ min: -12, max: 5, noNaN: true })),
  disable_corrector: fc.array(fc.nat(30), { maxLength: 4 }),
  original_inference_steps: named(1, 2, 4, 50, 100),
  timestep_scaling: named(10, 1e-6, 1e6),
};
const wrongValues = fc.oneof(
  named<unknown>(0, 1, -1, 0.5, 1e-13, 1 - 1e-13, 7.5, 999, 1001, 1e9, 1e300, -0, Number.MIN_VALUE),
  named<unknown>(
    Number.NaN,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    true,
    null,
    '',
    'none',
    [],
    {},
  ),
  fc.array(fc.double(), { maxLength: 20 }),
);
const flags = [
  ...rampFields,
  'clip_sample',
  'thresholding',
  'use_flow_sigmas',
  'predict_x0',
  'skip_prk_steps',
];
const anyField = named(
  ...Object.keys(fields),
  ...flags,
  'trained_betas',
  'variance_type',
  'solver_p',
  'timestep_type',
);

const config: fc.Arbitrary<SchedulerConfig> = fc
  .tuple(
    named(...schedulerClassNames, ...schedulerNames),
    fc.record(fields, { requiredKeys: [] }),
    sometimes<string | undefined>(undefined, named(...rampFields)),
    sometimes<Readonly<Record<string, unknown>>>({}, fc.dictionary(anyField, wrongValues, { maxKeys: 2 })),
  )
  .map(([_class_name, given, ramp, wrong]) => ({
    ...given,
    _class_name,
    ...(ramp === undefined ? {} : { [ramp]: true }),
    ...wrong,
  }));
const steps = fc.oneof(
  { weight: 12, arbitrary: fc.integer({ min: 1, max: 30 }) },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 120 }) },
  { weight: 1, arbitrary: named(0, -1, 1.5, Number.NaN, 1e9) },
);

/** Whether a plan came; an error must be one of ours that names a field. */
function isPlanned(given: SchedulerConfig, count: number, chosen?: unknown): boolean {
  let plan: SamplingPlan;
  try {
    plan = schedulerFromConfig(given, chosen).plan(count);
  } catch (error) {
    expect(Object.getPrototypeOf(error)).toBe(Error.prototype);
    expect(String(error)).toMatch(/^Error: (scheduler config: ("|\w)|scheduler: |steps: |prediction_type: )/);
    return false;
  }
  expect(fault(plan)).toBeUndefined();
  return true;
}

function fault({ initNoiseSigma, steps }: SamplingPlan): string | undefined {
  if (!Number.isFinite(initNoiseSigma)) return `initNoiseSigma is ${initNoiseSigma}`;
  if (steps.length === 0) return 'no steps';
  let before = Number.POSITIVE_INFINITY;
  for (const [i, { timestep, inputScale, denoised, next }] of steps.entries()) {
    const weights = [denoised, ...Object.values(next)].flatMap((combination) => Object.values(combination));
    if (![timestep, inputScale, ...weights].every(Number.isFinite)) return `step ${i} is not finite`;
    if (timestep < 0 || timestep > before) return `timestep ${timestep} after ${before}`;
    before = timestep;
  }
  return undefined;
}

describe('any scheduler config', () => {
  const chosen = sometimes<string | undefined>(undefined, named(...schedulerNames, ...schedulerClassNames));

  it('gives finite numbers at falling timesteps, or an error that names the field', () => {
    const outcomes = [0, 0];
    fc.assert(
      fc.property(config, steps, chosen, (given, count, name) => {
        outcomes[isPlanned(given, count, name) ? 1 : 0]! += 1;
      }),
      { numRuns: 1500 },
    );
    // Neither answer may be the only one.
    for (const count of outcomes) expect(count).toBeGreaterThan(60);
  });

  it('starts within the training timesteps', () => {
    fc.assert(
      fc.property(config, fc.integer({ min: 1, max: 30 }), (given, count) => {
        fc.pre(isPlanned(given, count));
        const first = schedulerFromConfig(given).plan(count).steps[0]?.timestep;
        expect(first).toBeLessThan(noiseSchedule(given).numTrainTimesteps);
      }),
      { numRuns: 200 },
    );
  });

  it('may be any object', () => {
    const field = fc.oneof(fc.string(), anyField);
    fc.assert(
      fc.property(fc.dictionary(field, fc.anything()), fc.anything(), (given, chosen) => {
        isPlanned({ _class_name: 'ddim', ...given }, 5, chosen);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('every class', () => {
  const common = { beta_start: 0.00085, beta_end: 0.012, prediction_type: 'v_prediction' };
  const lengths = [1, 2, 3, 4, 5, 14, 15, 16, 49];

  it.each(schedulerClassNames)('%s plans any number of steps along every ramp that it has', (_class_name) => {
    const planned = [undefined, ...rampFields].map((ramp) => {
      const along = { ...common, _class_name, ...(ramp === undefined ? {} : { [ramp]: true }) };
      return lengths.filter(
        (count) =>
          isPlanned({ ...along, beta_schedule: 'scaled_linear' }, count) &&
          isPlanned({ ...along, beta_schedule: 'squaredcos_cap_v2' }, count),
      );
    });
    expect(planned[0]).toEqual(lengths);
    for (const those of planned) expect([0, lengths.length]).toContain(those.length);
  });
});
