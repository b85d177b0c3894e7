import { showValue } from '../checks/showValue.js';
import type { SchedulerConfig } from './config.js';
import { ddim } from './ddim.js';
import { ddpm } from './ddpm.js';
import { dpmSolverMultistep } from './dpmSolver.js';
import { euler } from './euler.js';
import { heun } from './heun.js';
import { lms } from './lms.js';
import type { Scheduler } from './plan.js';
import { pndm } from './pndm.js';
import { uniPcMultistep } from './uniPc.js';

type Factory = (config: SchedulerConfig) => Scheduler;

const byShortName: Readonly<Record<string, Factory>> = {
  ddim,
  ddpm,
  pndm,
  dpmpp_2m: (config) => dpmSolverMultistep({ ...config, use_karras_sigmas: false }),
  dpmpp_2m_karras: (config) => ({
    ...dpmSolverMultistep({ ...config, use_karras_sigmas: true }),
    name: 'dpmpp_2m_karras',
  }),
  euler,
  heun,
  lms,
  unipc: uniPcMultistep,
};

const byClassName: Readonly<Record<string, Factory>> = {
  DDIMScheduler: ddim,
  DDPMScheduler: ddpm,
  PNDMScheduler: pndm,
  DPMSolverMultistepScheduler: dpmSolverMultistep,
  EulerDiscreteScheduler: euler,
  HeunDiscreteScheduler: heun,
  LMSDiscreteScheduler: lms,
  UniPCMultistepScheduler: uniPcMultistep,
};

/** The short names that `schedulerFromConfig` knows. */
export const schedulerNames: readonly string[] = Object.keys(byShortName);

/**
 * The scheduler of a diffusers scheduler_config.json.
 *
 * `name` replaces the file's `_class_name`: a class name of diffusers or one of `schedulerNames`; the file's
 * noise schedule, prediction type and spacing stay. Throws an error that lists the known names when the name
 * is unknown, and one that names the field when a setting cannot be used.
 */
export function schedulerFromConfig(config: SchedulerConfig, name: unknown = config._class_name): Scheduler {
  const factories = new Map([...Object.entries(byShortName), ...Object.entries(byClassName)]);
  const factory = typeof name === 'string' ? factories.get(name) : undefined;
  if (factory === undefined) {
    throw new Error(
      `scheduler: ${showValue(name)} is not known; known are ${[...factories.keys()].join(', ')}`,
    );
  }
  return factory(config);
}
