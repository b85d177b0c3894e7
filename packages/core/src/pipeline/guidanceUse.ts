// Whether calls have an unconditional half, and warnings of what is given for it where they have none.

import type { UNet2dConditionConfig } from '../models/unet2dConditionConfig.js';
import type { LayoutFields } from '../plugin/layoutFields.js';
import type { SamplingPlan } from '../schedulers/plan.js';
import { type GuidanceInterval, guidanceSchedule } from './guidanceInterval.js';
import { type Layout, objectLists } from './layout.js';

interface GuidanceOptions {
  readonly plan: SamplingPlan;
  readonly guidanceScale: number;
  readonly guidanceInterval?: GuidanceInterval;
}

/** The guidance scale of every call. */
export function guidanceScales(options: GuidanceOptions): readonly number[] {
  const calls = options.plan.steps.length;
  const scaleAt = guidanceSchedule(options);
  return options.plan.steps.map((_, stepIndex) => scaleAt({ stepIndex, calls }));
}

/** Whether some call has an unconditional half. */
export function isGuided(config: UNet2dConditionConfig, options: GuidanceOptions): boolean {
  return !isDistilled(config) && guidanceScales(options).some((scale) => scale > 1);
}

/** Warnings of what `layout` gives for the unconditional half alone, where no call has one. */
export function unusedNegatives(
  layout: Layout,
  fields: readonly LayoutFields[],
  config: UNet2dConditionConfig,
  options: GuidanceOptions,
): string[] {
  if (isGuided(config, options)) return [];
  const negative = fields.flatMap(({ negative: names = [] }) => names);
  const lists = objectLists(layout, fields).filter(
    ([name, { length }]) => length > 0 && negative.includes(name),
  );
  const given = [
    ...((layout.negativePrompt ?? '').trim() === '' ? [] : ['negativePrompt']),
    ...lists.map(([name]) => name),
  ];
  return given.map((name) => `${name}: ${noEffect(config)}`);
}

/** A warning of a `guidanceRescale` that a call gives where there is nothing to rescale. */
export function unusedRescale(
  given: number | undefined,
  config: UNet2dConditionConfig,
  options: GuidanceOptions,
): string[] {
  return (given ?? 0) === 0 || isGuided(config, options) ? [] : [`guidanceRescale: ${noEffect(config)}`];
}

const isDistilled = (config: UNet2dConditionConfig): boolean => config.time_cond_proj_dim !== null;

function noEffect(config: UNet2dConditionConfig): string {
  return isDistilled(config)
    ? 'has no effect on this model, whose guidance is distilled into its network (time_cond_proj_dim); leave it out'
    : 'has no effect without guidance; give a guidanceScale above 1, or leave it out';
}
