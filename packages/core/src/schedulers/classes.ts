// The scheduler classes of diffusers that are known here, and the fields that each of them honours.

import type { SchedulerConfig } from './config.js';
import { lcm, tcd } from './consistency.js';
import { ddim } from './ddim.js';
import { ddpm } from './ddpm.js';
import { deisMultistep } from './deis.js';
import { dpmSolverMultistep } from './dpmSolver.js';
import { dpmSolverSinglestep } from './dpmSolverSinglestep.js';
import { euler, eulerAncestral } from './euler.js';
import { heun } from './heun.js';
import { lms } from './lms.js';
import { dpmSolverSde, kdpm2, kdpm2Ancestral } from './midpoint.js';
import type { Scheduler } from './plan.js';
import { pndm } from './pndm.js';
import { uniPcMultistep } from './uniPc.js';

export interface SchedulerClass {
  create(config: SchedulerConfig): Scheduler;
  /** Fields that the class reads beside those of the noise schedule. */
  readonly fields: readonly string[];
}

/** Read for every class: what the network was trained with, and what cannot be honoured and is refused. */
export const commonFields: readonly string[] = [
  'num_train_timesteps',
  'beta_start',
  'beta_end',
  'beta_schedule',
  'trained_betas',
  'rescale_betas_zero_snr',
  'prediction_type',
  'clip_sample',
  'thresholding',
];

const spacing = ['timestep_spacing', 'steps_offset'];
const ramps = ['use_karras_sigmas', 'use_exponential_sigmas', 'use_beta_sigmas'];
const flow = ['use_flow_sigmas', 'use_dynamic_shifting'];
const solver = ['solver_order', 'solver_type', 'lower_order_final', ...flow];
const dpm = [
  ...solver,
  ...ramps,
  'algorithm_type',
  'final_sigmas_type',
  'lambda_min_clipped',
  'variance_type',
];

/** By diffusers' class name. */
export const schedulerClasses: Readonly<Record<string, SchedulerClass>> = {
  DDIMScheduler: { create: ddim, fields: [...spacing, 'set_alpha_to_one', 'eta', 'timesteps'] },
  DDPMScheduler: { create: ddpm, fields: [...spacing, 'variance_type'] },
  PNDMScheduler: { create: pndm, fields: [...spacing, 'set_alpha_to_one', 'skip_prk_steps'] },
  DPMSolverMultistepScheduler: {
    create: dpmSolverMultistep,
    fields: [...spacing, ...dpm, 'euler_at_final', 'use_lu_lambdas'],
  },
  DPMSolverSinglestepScheduler: { create: dpmSolverSinglestep, fields: dpm },
  DPMSolverSDEScheduler: { create: dpmSolverSde, fields: [...spacing, ...ramps] },
  DEISMultistepScheduler: {
    create: deisMultistep,
    fields: [...spacing, ...solver, ...ramps, 'algorithm_type'],
  },
  EulerDiscreteScheduler: {
    create: euler,
    fields: [
      ...spacing,
      ...ramps,
      'sigma_min',
      'sigma_max',
      'interpolation_type',
      'timestep_type',
      'final_sigmas_type',
    ],
  },
  EulerAncestralDiscreteScheduler: { create: eulerAncestral, fields: spacing },
  HeunDiscreteScheduler: { create: heun, fields: [...spacing, ...ramps] },
  KDPM2DiscreteScheduler: { create: kdpm2, fields: [...spacing, ...ramps] },
  KDPM2AncestralDiscreteScheduler: { create: kdpm2Ancestral, fields: [...spacing, ...ramps] },
  LMSDiscreteScheduler: { create: lms, fields: [...spacing, ...ramps] },
  UniPCMultistepScheduler: {
    create: uniPcMultistep,
    fields: [
      ...spacing,
      ...solver,
      ...ramps,
      'sigma_min',
      'sigma_max',
      'final_sigmas_type',
      'predict_x0',
      'disable_corrector',
      'solver_p',
    ],
  },
  LCMScheduler: { create: lcm, fields: ['original_inference_steps', 'timestep_scaling'] },
  TCDScheduler: { create: tcd, fields: ['original_inference_steps', 'eta'] },
};
