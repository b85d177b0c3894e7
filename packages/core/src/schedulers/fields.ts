// Every field that diffusers writes into a scheduler_config.json: honoured, without effect, or refused.

import { nearestName, showValue } from '../checks/index.js';
import { commonFields, schedulerClasses } from './classes.js';
import type { SchedulerConfig } from './config.js';

/**
 * Fields that change nothing, whatever the class, with the reason. `clip_sample` and `thresholding`, to which some of
 * them belong, are refused where they are true.
 */
export const fieldsWithoutEffect: Readonly<Record<string, string>> = {
  clip_sample_range: 'is for clip_sample',
  dynamic_thresholding_ratio: 'is for thresholding',
  sample_max_value: 'is for thresholding',
  flow_shift: 'is for use_flow_sigmas',
  shift_terminal: 'is for use_flow_sigmas',
  time_shift_type: 'is for use_dynamic_shifting',
  noise_sampler_seed: 'is for a generator that only Python has; the seed of the picture counts',
  tensor_format: 'is from before diffusers 0.3 and says nothing',
};

/**
 * Values at which a field changes nothing for a class that does not have it, for fields that would change the path of
 * the sigmas: any other value is refused, unless it belongs to another class than the one that is used.
 */
const neutralValues: Readonly<Record<string, unknown>> = {
  use_karras_sigmas: false,
  use_exponential_sigmas: false,
  use_beta_sigmas: false,
  use_lu_lambdas: false,
  use_flow_sigmas: false,
  use_dynamic_shifting: false,
  euler_at_final: false,
  final_sigmas_type: 'zero',
  interpolation_type: 'linear',
  timestep_type: 'discrete',
  sigma_min: null,
  sigma_max: null,
  eta: 0,
};

/**
 * The fields of a config that `className` honours; those without effect are left out.
 *
 * Names that begin with an underscore pass. Other names that diffusers does not know are errors. A field of other classes
 * is without effect, as in diffusers; but where the config was written for this very class (`own`), one that would change
 * the path of the sigmas is an error.
 */
export function honouredFields(config: SchedulerConfig, className: string, own: boolean): SchedulerConfig {
  const honoured = honouredNames(className);
  const known = knownNames();
  const taken: Record<string, unknown> = {};
  for (const [field, value] of Object.entries(config)) {
    if (field.startsWith('_')) taken[field] = value;
    else if (honoured.has(field)) taken[field] = value;
    else if (!known.has(field)) throw unknownField(field, known);
    else if (own && !isNeutral(field, value)) throw foreignField(field, value, className);
  }
  return { ...taken, _class_name: className };
}

const honouredNames = (className: string): ReadonlySet<string> =>
  new Set([...commonFields, ...(schedulerClasses[className]?.fields ?? [])]);

const knownNames = (): ReadonlySet<string> =>
  new Set([
    ...commonFields,
    ...Object.values(schedulerClasses).flatMap(({ fields }) => fields),
    ...Object.keys(fieldsWithoutEffect),
  ]);

function isNeutral(field: string, value: unknown): boolean {
  if (!Object.hasOwn(neutralValues, field)) return true;
  return value === null || value === undefined || value === neutralValues[field];
}

function unknownField(field: string, known: ReadonlySet<string>): Error {
  const near = nearestName(field, [...known]);
  const meant = near === undefined ? 'remove it' : `did you mean ${near}?`;
  return new Error(`scheduler config: ${showValue(field)} is not a field that is known; ${meant}`);
}

function foreignField(field: string, value: unknown, className: string): Error {
  const owners = Object.entries(schedulerClasses).filter(([, { fields }]) => fields.includes(field));
  return new Error(
    `scheduler config: ${field} (${showValue(value)}) has no effect on ${className}; remove it, or use one of ` +
      owners.map(([name]) => name).join(', '),
  );
}
