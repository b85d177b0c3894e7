import { checkObject, showValue } from '../checks/index.js';
import { schedulerClasses } from './classes.js';
import type { SchedulerConfig } from './config.js';
import { honouredFields } from './fields.js';
import { type NoiseSchedule, noiseSchedule } from './noiseSchedule.js';
import type { Scheduler } from './plan.js';

/** A class, with settings of its own over the config's. */
interface Named {
  readonly className: string;
  readonly settings?: SchedulerConfig;
}

const noRamp = {
  use_karras_sigmas: false,
  use_exponential_sigmas: false,
  use_beta_sigmas: false,
  use_lu_lambdas: false,
};
const karras = { ...noRamp, use_karras_sigmas: true };
const dpmpp = { className: 'DPMSolverMultistepScheduler' } as const;
// What a name says: a file's own order or algorithm must not change it.
const withoutNoise = { algorithm_type: 'dpmsolver++', solver_order: 2 };
const withNoise = { algorithm_type: 'sde-dpmsolver++', solver_order: 2 };

const byShortName: Readonly<Record<string, Named>> = {
  ddim: { className: 'DDIMScheduler' },
  ddpm: { className: 'DDPMScheduler' },
  pndm: { className: 'PNDMScheduler' },
  dpmpp_2m: { ...dpmpp, settings: { ...noRamp, ...withoutNoise } },
  dpmpp_2m_karras: { ...dpmpp, settings: { ...karras, ...withoutNoise } },
  dpmpp_2m_sde: { ...dpmpp, settings: { ...noRamp, ...withNoise } },
  dpmpp_2m_sde_karras: { ...dpmpp, settings: { ...karras, ...withNoise } },
  dpmpp_3m: { ...dpmpp, settings: { ...noRamp, ...withoutNoise, solver_order: 3 } },
  dpmpp_singlestep: {
    className: 'DPMSolverSinglestepScheduler',
    settings: { algorithm_type: 'dpmsolver++' },
  },
  dpmpp_sde: { className: 'DPMSolverSDEScheduler' },
  deis: { className: 'DEISMultistepScheduler', settings: { algorithm_type: 'deis' } },
  euler: { className: 'EulerDiscreteScheduler' },
  euler_a: { className: 'EulerAncestralDiscreteScheduler' },
  heun: { className: 'HeunDiscreteScheduler' },
  kdpm2: { className: 'KDPM2DiscreteScheduler' },
  kdpm2_a: { className: 'KDPM2AncestralDiscreteScheduler' },
  lms: { className: 'LMSDiscreteScheduler' },
  unipc: { className: 'UniPCMultistepScheduler' },
  lcm: { className: 'LCMScheduler' },
  tcd: { className: 'TCDScheduler' },
};

/** The short names that `schedulerFromConfig` knows. */
export const schedulerNames: readonly string[] = Object.keys(byShortName);

/** The class names of diffusers that `schedulerFromConfig` knows. */
export const schedulerClassNames: readonly string[] = Object.keys(schedulerClasses);

/**
 * The scheduler of a diffusers scheduler_config.json.
 *
 * `chosen` replaces the file's `_class_name`: a class name of diffusers, one of `schedulerNames`, or settings over those
 * of the file (their `_class_name` may be either). The file's noise schedule, prediction type and spacing stay, and
 * fields of the file's own class that the new one does not have are left out. What a short name stands for, such as the
 * order of `dpmpp_2m`, goes over the file's fields, and settings go over both. Throws an error that lists the known names
 * when the name is unknown, and one that names the field when a setting is out of range, cannot be honoured or is not
 * known.
 */
export function schedulerFromConfig(config: SchedulerConfig, wanted?: unknown): Scheduler {
  const { className, honoured, name } = settled(config, wanted);
  const { create } = schedulerClasses[className] as (typeof schedulerClasses)[string];
  return name === undefined ? create(honoured) : { ...create(honoured), name };
}

/** The noise schedule by which `schedulerFromConfig` plans with the same arguments: settings of `wanted` may change the file's. */
export function scheduleFromConfig(config: SchedulerConfig, wanted?: unknown): NoiseSchedule {
  const { className, honoured } = settled(config, wanted);
  return noiseSchedule({ ...honoured, _class_name: className });
}

interface Settled {
  readonly className: string;
  /** The settings that count. */
  readonly honoured: SchedulerConfig;
  /** A short name that stands for settings of its own. */
  readonly name?: string;
}

function settled(config: SchedulerConfig, wanted: unknown): Settled {
  checkObject(config, 'scheduler config');
  const chosen = wanted ?? config._class_name;
  const settings = isSettings(chosen) ? chosen : {};
  const name = isSettings(chosen) ? (chosen._class_name ?? config._class_name) : chosen;
  const named = namedScheduler(name);
  if (named === undefined) {
    const known = [...schedulerNames, ...schedulerClassNames].join(', ');
    throw new Error(`scheduler: ${showValue(name)} is not known; known are ${known}`);
  }
  const { className, settings: implied } = named;
  const own = namedScheduler(config._class_name ?? name)?.className === className;
  const honoured = {
    ...honouredFields(config, className, own),
    ...implied,
    ...honouredFields(settings, className, true),
  };
  return { className, honoured, ...(implied === undefined ? {} : { name: String(name) }) };
}

const isSettings = (chosen: unknown): chosen is SchedulerConfig =>
  typeof chosen === 'object' && chosen !== null && !Array.isArray(chosen);

function namedScheduler(name: unknown): Named | undefined {
  if (typeof name !== 'string') return undefined;
  if (Object.hasOwn(byShortName, name)) return byShortName[name];
  return Object.hasOwn(schedulerClasses, name) ? { className: name } : undefined;
}
