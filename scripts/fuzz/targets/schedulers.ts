// Scheduler configs with every field that diffusers' schedulers have: what is accepted gives a plan of finite numbers.

import { type SchedulerConfig, schedulerNames } from '@spatiallock/core';
import { schedulerFromConfig } from '@spatiallock/core/schedulers';
import fc, { type Arbitrary } from 'fast-check';
import { must, targetOf } from '../target.js';
import { awkwardJson, edited } from '../values.js';

interface Asked {
  readonly config: unknown;
  readonly name: string | undefined;
  readonly steps: number;
}

const common = {
  num_train_timesteps: 1000,
  beta_start: 0.00085,
  beta_end: 0.012,
  beta_schedule: 'scaled_linear',
  trained_betas: null,
  prediction_type: 'epsilon',
  timestep_spacing: 'leading',
  steps_offset: 1,
  rescale_betas_zero_snr: false,
  clip_sample: false,
  clip_sample_range: 1,
  thresholding: false,
  dynamic_thresholding_ratio: 0.995,
  sample_max_value: 1,
  _diffusers_version: '0.30.0',
};

const sigmas = {
  use_karras_sigmas: false,
  use_exponential_sigmas: false,
  use_beta_sigmas: false,
  use_lu_lambdas: false,
  use_flow_sigmas: false,
  flow_shift: 1,
  final_sigmas_type: 'zero',
};

const solver = {
  solver_order: 2,
  solver_type: 'midpoint',
  algorithm_type: 'dpmsolver++',
  lower_order_final: true,
  euler_at_final: false,
  variance_type: null,
  lambda_min_clipped: -100,
};

const valid = [
  { ...common, _class_name: 'DDIMScheduler', set_alpha_to_one: false },
  { ...common, _class_name: 'DDPMScheduler', variance_type: 'fixed_small' },
  { ...common, _class_name: 'PNDMScheduler', skip_prk_steps: true, set_alpha_to_one: false },
  { ...common, ...sigmas, ...solver, _class_name: 'DPMSolverMultistepScheduler' },
  {
    ...common,
    ...sigmas,
    _class_name: 'EulerDiscreteScheduler',
    interpolation_type: 'linear',
    sigma_min: null,
    sigma_max: null,
    timestep_type: 'discrete',
  },
  { ...common, ...sigmas, _class_name: 'HeunDiscreteScheduler' },
  { ...common, ...sigmas, _class_name: 'LMSDiscreteScheduler' },
  {
    ...common,
    ...sigmas,
    _class_name: 'UniPCMultistepScheduler',
    solver_order: 2,
    solver_type: 'bh2',
    predict_x0: true,
    disable_corrector: [],
    lower_order_final: true,
  },
];

const inputs: Arbitrary<Asked> = fc.record({
  config: edited(valid, awkwardJson, 3),
  name: fc.oneof(fc.constant(undefined), fc.constantFrom(...schedulerNames)),
  steps: fc.oneof(
    { weight: 6, arbitrary: fc.integer({ min: 1, max: 30 }) },
    { weight: 1, arbitrary: fc.constantFrom(0, 1, 999, 1000, 1001, 1e9, 2.5, Number.NaN) },
  ),
});

const finite = (numbers: Readonly<Record<string, number>>): boolean =>
  Object.values(numbers).every(Number.isFinite);

export const schedulers = targetOf({
  name: 'schedulers',
  share: 14,
  inputs,
  read({ config, name, steps }: Asked) {
    const asked = config as SchedulerConfig;
    const plan = (name === undefined ? schedulerFromConfig(asked) : schedulerFromConfig(asked, name)).plan(
      steps,
    );
    must(
      Number.isFinite(plan.initNoiseSigma) && plan.initNoiseSigma > 0,
      `starts at sigma ${plan.initNoiseSigma}`,
    );
    must(Number.isInteger(steps) && steps >= 1, `plans ${steps} steps`);
    must(
      plan.steps.length >= 1 && plan.steps.length <= 2 * steps + 12,
      `${plan.steps.length} calls for ${steps} steps`,
    );
    for (const [i, { timestep, inputScale, denoised, next }] of plan.steps.entries()) {
      must(Number.isFinite(timestep) && timestep >= 0, `call ${i} gets timestep ${timestep}`);
      must(Number.isFinite(inputScale) && inputScale > 0, `call ${i} scales its input by ${inputScale}`);
      must(finite(denoised), `call ${i} predicts by ${JSON.stringify(denoised)}`);
      for (const [vector, combination] of Object.entries(next)) {
        must(finite(combination), `call ${i} makes ${vector} of ${JSON.stringify(combination)}`);
      }
    }
  },
  names: /^(scheduler|steps|\w+:)/,
});
