// How a picture is sampled: what the user says, over what the model recommends.

import type { AbortSignalLike } from '../abort.js';
import { checkCallback, checkFlag, checkKeys, checkNumber, checkWhole, showValue } from '../checks/index.js';
import type { Tensor } from '../graph/tensor.js';
import type { JsonObject } from '../io/text.js';
import { DECLARATION_FIELDS } from '../modules/modelDeclaration.js';
import {
  type NoiseSchedule,
  type SchedulerConfig,
  scheduleFromConfig,
  schedulerFromConfig,
} from '../schedulers/index.js';
import type { SamplingPlan } from '../schedulers/plan.js';
import { checkDeepCache, type DeepCache } from './deepCache.js';
import { checkDetails, type Details, type DetailsPlan, planDetails } from './details/index.js';
import { checkGuidanceInterval, type GuidanceInterval, readGuidanceInterval } from './guidanceInterval.js';
import { MAX_OBJECTS } from './layout.js';
import { checkGenerator, type NoiseGenerator } from './noise.js';
import type { PromptOptions } from './promptTokens.js';
import { checkScheduler, chosenScheduler, type SchedulerChoice } from './schedulerChoice.js';
import { type SourceOptions, skippedSteps } from './source.js';

/** How pictures are sampled; each option is the model's own where it is not given. */
export interface StreamOptions extends SourceOptions, PromptOptions {
  /**
   * Decides the picture: a whole number of 0..`MAX_SEED`, default 0; the picture in row r is seed + r's, so that the last
   * row's must lie in the range too.
   */
  readonly seed?: number;
  /** Whole number of 1..10000; some schedulers call the U-Net more often. */
  readonly steps?: number;
  /** How strongly the prompt counts, 0..1000; 1 and less take the conditional prediction alone, which is twice as fast. */
  readonly guidanceScale?: number;
  /** Guides with the full scale in a part of the calls alone; the model's own interval by default. */
  readonly guidanceInterval?: GuidanceInterval;
  /**
   * The share, 0..1, by which guided predictions get the contrast of the conditional ones: against the
   * oversaturated colours of a high scale. The model's own by default.
   */
  readonly guidanceRescale?: number;
  /** Computes the deep layers of the U-Net in some of the calls alone: faster pictures that differ a little. Default: in every call. */
  readonly deepCache?: DeepCache;
  /**
   * Paints small objects again, enlarged, with further calls of the U-Net; true for the model's settings or the usual ones,
   * false for none. Default: what the model recommends. Not for pictures that are painted over or not decoded.
   */
  readonly details?: boolean | Details;
  /**
   * One of `schedulerNames`, a class name of diffusers, or settings that replace those of the model's config; without a
   * `_class_name` they are those of the scheduler that is used where none is given.
   */
  readonly scheduler?: SchedulerChoice;
  /** Pixels, over those of the layouts; multiples of `Pipeline.sizeStep` up to 8192, of at most 4096 x 4096 in all. */
  readonly width?: number;
  readonly height?: number;
  /**
   * Standard normal numbers instead of the seed's first ones, [layouts, C, h, w]: what diffusers calls `latents`. Later
   * noise, where a scheduler needs some, is the seed's.
   */
  readonly latents?: Tensor;
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
  /** Options of plugins for this call, by the plugin's name; no option compiles anew. */
  readonly plugins?: Readonly<Record<string, unknown>>;
  /** Cancels between two calls of the U-Net. */
  readonly signal?: AbortSignalLike;
  /** Whether the last event carries pictures; default true. */
  readonly decode?: boolean;
  /** Called before the first call of the U-Net with what was asked for and has no effect, such as words beyond the model's length. */
  readonly onWarning?: (warning: string) => void;
}

const OPTIONS = [
  ...['seed', 'steps', 'guidanceScale', 'guidanceInterval', 'guidanceRescale', 'scheduler', 'generator'],
  ...[
    'deepCache',
    'details',
    'width',
    'height',
    'image',
    'mask',
    'strength',
    'latents',
    'promptWeighting',
    'clipSkip',
  ],
  ...['objectSlots', 'plugins', 'signal', 'decode', 'onWarning'],
];
const MODEL_SETTINGS = [
  ...['name', 'steps', 'guidanceScale', 'guidanceInterval', 'guidanceRescale', 'scheduler', 'generator'],
  'details',
  // Read by `readCategories`.
  'categories',
  // Deprecated.
  'lateGuidance',
];

/** The largest seed of a picture: what numbers of JavaScript count exactly to. */
export const MAX_SEED = Number.MAX_SAFE_INTEGER;
const STEPS = { min: 1, max: 10_000 };
const SCALE = { min: 0, max: 1000 };
const SHARE = { min: 0, max: 1 };

/** What a model recommends in its spatiallock.json. */
export interface SamplingDefaults {
  readonly steps: number;
  readonly guidanceScale: number;
  readonly guidanceInterval?: GuidanceInterval;
  readonly guidanceRescale?: number;
  /** Undefined: none. */
  readonly details?: Required<Details>;
  /** Undefined: as the model's scheduler_config.json says. */
  readonly scheduler?: SchedulerChoice;
  /** Undefined: sfc32. */
  readonly generator?: NoiseGenerator;
}

const STANDARD: SamplingDefaults = { steps: 25, guidanceScale: 7.5 };

/** What a model directory's spatiallock.json recommends. */
export interface ModelSettings extends SamplingDefaults {
  readonly name?: string;
}

/** Reads what a parsed spatiallock.json recommends, see `parseModelDeclaration` for its other fields; throws an error that names the field at fault. */
export function parseSamplingDefaults(json: JsonObject): ModelSettings {
  const path = 'spatiallock.json: ';
  checkKeys(json, [...MODEL_SETTINGS, ...DECLARATION_FIELDS], 'spatiallock.json');
  const { name, steps = STANDARD.steps, guidanceScale = STANDARD.guidanceScale } = json;
  const { guidanceRescale, scheduler, generator } = json;
  const details = checkDetails(json.details, undefined, `${path}details`);
  const guidanceInterval = readGuidanceInterval(json, path);
  if (name !== undefined && typeof name !== 'string') {
    throw new Error(`${path}name: must be text, not ${showValue(name)}`);
  }
  return {
    ...(name === undefined ? {} : { name }),
    steps: checkWhole(steps, STEPS, `${path}steps`),
    guidanceScale: checkNumber(guidanceScale, SCALE, `${path}guidanceScale`),
    ...(guidanceInterval === undefined ? {} : { guidanceInterval }),
    ...(guidanceRescale === undefined
      ? {}
      : { guidanceRescale: checkNumber(guidanceRescale, SHARE, `${path}guidanceRescale`) }),
    ...(details === undefined ? {} : { details }),
    ...(scheduler === undefined ? {} : { scheduler: checkScheduler(scheduler, path) }),
    ...(generator === undefined ? {} : { generator: checkGenerator(generator, path) }),
  };
}

export interface ResolvedOptions {
  readonly seed: number;
  readonly steps: number;
  readonly guidanceScale: number;
  readonly guidanceInterval?: GuidanceInterval;
  readonly guidanceRescale: number;
  /** The scheduler's short name or class. */
  readonly scheduler: string;
  /** The one that the plan follows. */
  readonly schedule: NoiseSchedule;
  readonly plan: SamplingPlan;
  readonly generator: NoiseGenerator;
  readonly objectSlots: number;
  readonly deepCache?: Required<DeepCache>;
  readonly details?: DetailsPlan;
  readonly decode: boolean;
}

/** Throws an error that names the first option that is not known. */
export const checkOptionNames = (options: StreamOptions): void => {
  checkKeys(options, OPTIONS, 'options');
};

/**
 * Fills in defaults and checks the options of how a batch of `rows` is sampled, from a picture of that strength if one is
 * given; throws an error that names the option and how to fix it.
 */
export function resolveOptions(
  options: StreamOptions,
  defaults: SamplingDefaults,
  config: SchedulerConfig,
  rows: number,
  strength?: number,
): ResolvedOptions {
  checkCallback(options.onWarning, 'onWarning');
  checkSignal(options.signal);
  const { seed = 0, objectSlots = 0, decode = true } = options;
  const steps = checkWhole(options.steps ?? defaults.steps, STEPS, 'steps');
  const interval = options.guidanceInterval ?? defaults.guidanceInterval;
  const given = options.scheduler ?? undefined;
  const chosen = checkScheduler(
    chosenScheduler(given === undefined ? given : checkScheduler(given), defaults.scheduler) ?? {},
  );
  const scheduler = schedulerFromConfig(config, chosen);
  const details = checkDetails(options.details, defaults.details);
  return {
    seed: checkSeed(seed, rows),
    objectSlots: checkWhole(objectSlots, { min: 0, max: MAX_OBJECTS }, 'objectSlots'),
    decode: checkFlag(decode, 'decode'),
    steps,
    ...(options.deepCache === undefined ? {} : { deepCache: checkDeepCache(options.deepCache) }),
    ...(details && details.below > 0 ? { details: planDetails(scheduler, details) } : {}),
    guidanceScale: checkNumber(options.guidanceScale ?? defaults.guidanceScale, SCALE, 'guidanceScale'),
    ...(interval === undefined ? {} : { guidanceInterval: checkGuidanceInterval(interval) }),
    guidanceRescale: checkNumber(
      options.guidanceRescale ?? defaults.guidanceRescale ?? 0,
      SHARE,
      'guidanceRescale',
    ),
    scheduler: scheduler.name,
    schedule: scheduleFromConfig(config, chosen),
    plan: scheduler.plan(steps, strength === undefined ? 0 : skippedSteps(steps, strength)),
    generator: checkGenerator(options.generator ?? defaults.generator ?? 'sfc32'),
  };
}

/** The name of the scheduler that is used where none is given; that of its class where it is not known here. */
export function defaultScheduler({ scheduler }: SamplingDefaults, config: SchedulerConfig): string {
  try {
    return schedulerFromConfig(config, checkScheduler(scheduler ?? {})).name;
  } catch {
    // An error when it is used, and not before: the caller may give another with each call.
    const { _class_name: className } = config;
    return typeof className === 'string' ? className : showValue(className);
  }
}

/** Throws unless the seeds of all rows lie in the range. */
function checkSeed(seed: unknown, rows: number): number {
  const first = checkWhole(seed, { min: 0, max: MAX_SEED }, 'seed');
  if (first <= MAX_SEED - (rows - 1)) return first;
  throw new Error(
    `seed: ${first} is too large for ${rows} pictures; the last would have a seed beyond ${MAX_SEED}`,
  );
}

function checkSignal(signal: unknown): void {
  const { throwIfAborted } = typeof signal === 'object' && signal !== null ? (signal as AbortSignalLike) : {};
  if (signal !== undefined && typeof throwIfAborted !== 'function') {
    throw new Error(`signal: must be an AbortSignal, not ${showValue(signal)}`);
  }
}
