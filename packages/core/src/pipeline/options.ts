// How a picture is sampled: what the user says, over what the model recommends.

import type { AbortSignalLike } from '../abort.js';
import { showValue } from '../checks/showValue.js';
import type { JsonObject } from '../io/text.js';
import { type SchedulerConfig, schedulerFromConfig } from '../schedulers/index.js';
import type { SamplingPlan } from '../schedulers/plan.js';
import { MAX_OBJECTS } from './layout.js';
import { checkGenerator, type NoiseGenerator } from './noise.js';
import type { CallProgress } from './plugin.js';

/**
 * What stands where is settled in the first calls of the U-Net, and guidance helps there; later it only exaggerates
 * (Kynkaanniemi et al., arXiv 2404.07724).
 */
export interface LateGuidance {
  /** The share of the calls after which `most` holds, 0..1; 1 is never. */
  readonly from: number;
  /** The largest guidance scale from there on, at least 0. */
  readonly most: number;
}

export interface StreamOptions {
  /** Decides the picture: a whole number of at least 0, default 0; the picture in row r is seed + r's. */
  readonly seed?: number;
  /** Whole number of at least 1; some schedulers call the U-Net more often. */
  readonly steps?: number;
  /** How strongly the prompt counts, at least 0; 1 is without guidance, and twice as fast. */
  readonly guidanceScale?: number;
  /** How strongly the prompt counts at most in the last calls; the model's own by default. */
  readonly lateGuidance?: LateGuidance;
  /**
   * The share, 0..1, by which guided predictions get the contrast of the conditional ones: against the glaring colours
   * of a high scale. The model's own by default.
   */
  readonly guidanceRescale?: number;
  /** One of `schedulerNames`, a class name of diffusers, or settings that replace those of the model's config. */
  readonly scheduler?: string | SchedulerConfig;
  /**
   * Which random numbers a seed stands for: `torch`, so that a seed gives the noise that it gives in diffusers, or
   * `sfc32`, our own. Default: what the model recommends, and `torch` for checkpoints that come from Python.
   */
  readonly generator?: NoiseGenerator;
  /**
   * Objects that there is room for, 0..30; by default as many as a layout of the batch has. Room that stays empty
   * changes no picture, and batches of one size with the same room share a compiled graph.
   */
  readonly objectSlots?: number;
  /** Cancels between two calls of the U-Net. */
  readonly signal?: AbortSignalLike;
  /** Whether the last event carries pictures; default true. */
  readonly decode?: boolean;
}

/** What a model recommends in its spatiallock.json. */
export interface SamplingDefaults {
  readonly steps: number;
  readonly guidanceScale: number;
  readonly lateGuidance?: LateGuidance;
  readonly guidanceRescale?: number;
  /** Undefined: as the model's scheduler_config.json says. */
  readonly scheduler?: string | SchedulerConfig;
  /** Undefined: sfc32. */
  readonly generator?: NoiseGenerator;
}

const STANDARD: SamplingDefaults = { steps: 25, guidanceScale: 7.5 };

/** Reads the fields of a parsed spatiallock.json; throws an error that names the field at fault. */
export function parseSamplingDefaults(json: JsonObject): SamplingDefaults {
  const { steps = STANDARD.steps, guidanceScale = STANDARD.guidanceScale } = json;
  const { lateGuidance, guidanceRescale, scheduler, generator } = json;
  const path = 'spatiallock.json: ';
  return {
    steps: checkSteps(steps, path),
    guidanceScale: checkGuidanceScale(guidanceScale, path),
    ...(lateGuidance === undefined ? {} : { lateGuidance: checkLateGuidance(lateGuidance, path) }),
    ...(guidanceRescale === undefined
      ? {}
      : { guidanceRescale: checkGuidanceRescale(guidanceRescale, path) }),
    ...(scheduler === undefined ? {} : { scheduler: checkScheduler(scheduler, path) }),
    ...(generator === undefined ? {} : { generator: checkGenerator(generator, path) }),
  };
}

export interface ResolvedOptions {
  readonly seed: number;
  readonly steps: number;
  readonly guidanceScale: number;
  readonly lateGuidance?: LateGuidance;
  readonly guidanceRescale: number;
  /** The scheduler's short name or class. */
  readonly scheduler: string;
  readonly plan: SamplingPlan;
  readonly generator: NoiseGenerator;
  readonly objectSlots: number;
  readonly decode: boolean;
}

/** Fills in defaults and checks every option; throws an error that names the option and the mend. */
export function resolveOptions(
  options: StreamOptions,
  defaults: SamplingDefaults,
  config: SchedulerConfig,
): ResolvedOptions {
  const { seed = 0, objectSlots = 0, decode = true } = options;
  const { steps = defaults.steps, guidanceScale = defaults.guidanceScale } = options;
  if (!Number.isSafeInteger(seed) || seed < 0) {
    throw new Error(`seed: must be a whole number of at least 0, not ${showValue(seed)}`);
  }
  if (!Number.isInteger(objectSlots) || objectSlots < 0 || objectSlots > MAX_OBJECTS) {
    throw new Error(
      `objectSlots: must be a whole number in 0..${MAX_OBJECTS}, not ${showValue(objectSlots)}`,
    );
  }
  if (typeof decode !== 'boolean') throw new Error(`decode: must be true or false, not ${showValue(decode)}`);
  const late = options.lateGuidance ?? defaults.lateGuidance;
  const chosen = checkScheduler(options.scheduler ?? defaults.scheduler ?? {});
  const scheduler = schedulerFromConfig(config, chosen);
  return {
    seed,
    objectSlots,
    decode,
    steps: checkSteps(steps),
    guidanceScale: checkGuidanceScale(guidanceScale),
    ...(late === undefined ? {} : { lateGuidance: checkLateGuidance(late) }),
    guidanceRescale: checkGuidanceRescale(options.guidanceRescale ?? defaults.guidanceRescale ?? 0),
    scheduler: scheduler.name,
    plan: scheduler.plan(checkSteps(steps)),
    generator: checkGenerator(options.generator ?? defaults.generator ?? 'sfc32'),
  };
}

function checkSteps(steps: unknown, path = ''): number {
  if (typeof steps === 'number' && Number.isInteger(steps) && steps >= 1) return steps;
  throw new Error(`${path}steps: must be a whole number of at least 1, not ${showValue(steps)}`);
}

function checkGuidanceScale(scale: unknown, path = ''): number {
  if (typeof scale === 'number' && Number.isFinite(scale) && scale >= 0) return scale;
  throw new Error(`${path}guidanceScale: must be a number of at least 0, not ${showValue(scale)}`);
}

function checkLateGuidance(late: unknown, path = ''): LateGuidance {
  const { from, most } = typeof late === 'object' && late !== null ? (late as Partial<LateGuidance>) : {};
  if (typeof from !== 'number' || !(from >= 0 && from <= 1)) {
    throw new Error(`${path}lateGuidance.from: must lie in 0..1, not ${showValue(from)}`);
  }
  if (typeof most !== 'number' || !Number.isFinite(most) || most < 0) {
    throw new Error(`${path}lateGuidance.most: must be a number of at least 0, not ${showValue(most)}`);
  }
  return { from, most };
}

function checkGuidanceRescale(share: unknown, path = ''): number {
  if (typeof share === 'number' && share >= 0 && share <= 1) return share;
  throw new Error(`${path}guidanceRescale: must lie in 0..1, not ${showValue(share)}`);
}

/** The guidance scale of each call of the U-Net. */
export function guidanceSchedule({
  guidanceScale,
  lateGuidance,
}: Pick<ResolvedOptions, 'guidanceScale' | 'lateGuidance'>): (progress: CallProgress) => number {
  const { from, most } = lateGuidance ?? { from: 1, most: guidanceScale };
  return ({ call, calls }) => (call < from * calls ? guidanceScale : Math.min(guidanceScale, most));
}

function checkScheduler(scheduler: unknown, path = ''): string | SchedulerConfig {
  if (typeof scheduler === 'string') return scheduler;
  if (typeof scheduler === 'object' && scheduler !== null && !Array.isArray(scheduler)) {
    return scheduler as SchedulerConfig;
  }
  throw new Error(`${path}scheduler: must be a name or an object with settings, not ${showValue(scheduler)}`);
}
