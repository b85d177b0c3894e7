// What `generate` and `evaluate` share: model, device and sampling.

import {
  type ComputePrecision,
  type DeepCache,
  type Details,
  type GuidanceInterval,
  type NoiseGenerator,
  noiseGenerators,
  schedulerNames,
} from '@spatiallock/core';
import type { DeclaredModule } from '@spatiallock/core/modules';
import type { ArgsDef } from 'citty';
import { InputError } from './errors.js';
import { choice, decimal, type Flags, number, text, wholeNumber } from './flags.js';
import { type ModelPlace, modelArgs, readModelPlace } from './modelFlags.js';
import { type KnownPlugins, pluginArgs } from './plugins/known.js';
import { type PluginSettings, readSettings, type SettingUse } from './plugins/settings.js';

/** The model that a command uses, its device, and the plugins beside its own. */
export interface ModelRequest extends ModelPlace {
  readonly device: 'cpu' | 'cuda';
  readonly threads?: number;
  readonly precision?: ComputePrecision;
  /** Plugins that are named beside those of the model. */
  readonly plugins?: readonly DeclaredModule[];
  /** The folder whose packages are found, where a plugin is named. */
  readonly cwd?: string;
  /** Options of plugins; see `settlePlugins`. */
  readonly settings?: PluginSettings;
}

export interface SamplingRequest {
  readonly seed: number;
  /** Denoising steps; the model's own number when absent. */
  readonly steps?: number;
  readonly scheduler?: string;
  readonly generator?: NoiseGenerator;
  readonly guidanceScale?: number;
  readonly guidanceInterval?: GuidanceInterval;
  readonly guidanceRescale?: number;
  readonly deepCache?: DeepCache;
  readonly details?: Details;
}

const precisions = ['float32', 'half'] as const satisfies readonly ComputePrecision[];

/** The largest seed of a picture or of a set of scenes; a set's seed is multiplied, which must stay exact. */
export const MAX_SEED = 2 ** 32 - 1;

export const sharedArgs = {
  seed: { type: 'string', valueHint: '7', description: 'whole number; the same seed gives the same picture' },
  steps: {
    type: 'string',
    valueHint: '25',
    description: "denoising steps, 1..1000; default: the model's own",
  },
  scheduler: { type: 'string', valueHint: 'name', description: schedulerNames.join(', ') },
  generator: {
    type: 'string',
    valueHint: noiseGenerators.join('|'),
    description: "whose random numbers the seed stands for: Python's torch or ours; default: the model's own",
  },
  guidance: {
    type: 'string',
    valueHint: 'scale',
    description: 'how strongly the words are followed; 1 is off',
  },
  'guidance-interval': {
    type: 'string',
    valueHint: 'stop,scale',
    description:
      "full guidance in this share of the calls, at most that scale after it; 1,0 is all; default: the model's own",
  },
  'late-guidance': {
    type: 'string',
    valueHint: 'stop,scale',
    description: 'deprecated name of --guidance-interval',
  },
  'guidance-rescale': {
    type: 'string',
    valueHint: 'share',
    description: "how far guided contrast returns to that without guidance, 0..1; default: the model's own",
  },
  'deep-cache': {
    type: 'string',
    valueHint: 'interval,layers',
    description:
      'computes the deep layers of the U-Net in one of so many calls, and so many shallow layers in all, such as 3 or 3,2; default: 1',
  },
  details: {
    type: 'string',
    valueHint: 'share',
    description:
      "objects below this share of the picture's side are painted again, enlarged; 0 is none; default: the model's own",
  },
  ...pluginArgs,
  ...modelArgs,
  device: { type: 'string', valueHint: 'cpu|cuda', description: 'where to compute; default cpu' },
  threads: { type: 'string', valueHint: 'n', description: 'threads on the cpu; default: one for each core' },
  precision: {
    type: 'string',
    valueHint: precisions.join('|'),
    description:
      'of products and convolutions; half is for graphics cards, and slower on the cpu; default float32',
  },
} as const satisfies ArgsDef;

/** Reads the flags that choose model, plugins and device; `uses`: which settings of plugins the command offers. */
export async function readModelRequest(
  flags: Flags,
  cwd: string,
  known: KnownPlugins,
  uses: readonly SettingUse[] = ['call'],
): Promise<ModelRequest> {
  const device = choice(flags, 'device', ['cpu', 'cuda']) ?? 'cpu';
  const threads = wholeNumber(flags, 'threads', { min: 1, max: 1024 });
  if (threads !== undefined && device !== 'cpu') {
    throw new InputError('--threads: belongs to --device cpu; leave it out for cuda');
  }
  const precision = choice(flags, 'precision', precisions);
  const plugins = known.plugins.filter(({ by }) => by === 'flag').map(({ declared }) => declared);
  return {
    ...(await readModelPlace(flags, cwd)),
    device,
    threads,
    ...(precision === undefined ? {} : { precision }),
    ...(plugins.length > 0 ? { plugins, cwd } : {}),
    settings: readSettings(flags, known, uses),
  };
}

/** Reads the flags of `sharedArgs` that choose the sampling. */
export function readSamplingRequest(flags: Flags, seed: number): SamplingRequest {
  return {
    seed: wholeNumber(flags, 'seed', { min: 0, max: MAX_SEED }) ?? seed,
    steps: wholeNumber(flags, 'steps', { min: 1, max: 1000 }),
    scheduler: choice(flags, 'scheduler', schedulerNames),
    generator: choice(flags, 'generator', noiseGenerators),
    guidanceScale: number(flags, 'guidance', { min: 0, max: 100 }),
    guidanceInterval: readInterval(flags),
    guidanceRescale: number(flags, 'guidance-rescale', { min: 0, max: 1 }),
    deepCache: readDeepCache(flags),
    details: readDetails(flags),
  };
}

function readInterval(flags: Flags): GuidanceInterval | undefined {
  const deprecated = text(flags, 'late-guidance');
  const given = text(flags, 'guidance-interval');
  if (deprecated !== undefined && given !== undefined) {
    throw new InputError('--late-guidance: is the deprecated name of --guidance-interval; leave it out');
  }
  const name = deprecated === undefined ? 'guidance-interval' : 'late-guidance';
  const words = given ?? deprecated;
  if (words === undefined) return undefined;
  const [stop, scaleAfter, ...more] = words.split(',').map(decimal);
  if (stop! >= 0 && stop! <= 1 && scaleAfter! >= 0 && scaleAfter! <= 100 && more.length === 0) {
    return { stop: stop!, scaleAfter: scaleAfter! };
  }
  throw new InputError(
    `--${name}: must be a share in 0..1 and a scale in 0..100, such as 0.6,2, not ${words || 'empty'}`,
  );
}

function readDeepCache(flags: Flags): DeepCache | undefined {
  const words = text(flags, 'deep-cache');
  if (words === undefined) return undefined;
  const [interval, layers, ...more] = words.split(',').map(decimal);
  const isCount = (value: number | undefined): value is number =>
    Number.isInteger(value) && value! >= 1 && value! <= 100;
  if (isCount(interval) && (layers === undefined || isCount(layers)) && more.length === 0) {
    return { interval, ...(layers === undefined ? {} : { layers }) };
  }
  throw new InputError(
    `--deep-cache: must be a number of calls in 1..100, and of layers after a comma, such as 3 or 3,2, not ${words || 'empty'}`,
  );
}

function readDetails(flags: Flags): Details | undefined {
  const below = number(flags, 'details', { min: 0, max: 1 });
  return below === undefined ? undefined : { below };
}

/** Throws an InputError where the last of `pictures` pictures would have a seed beyond the largest. */
export function requireSeeds(seed: number, pictures: number): void {
  const last = seed + pictures - 1;
  if (last <= MAX_SEED) return;
  throw new InputError(
    `--seed: ${pictures} pictures from ${seed} on would need seeds up to ${last}; the largest is ${MAX_SEED}`,
  );
}

/** Throws an InputError where a flag was given that has no effect without guidance, and guidance is off. */
export function requireGuidance(request: SamplingRequest, guidanceScale: number, negative?: string): void {
  if (guidanceScale > 1) return;
  const idle = [
    ...(negative === undefined ? [] : [`--${negative}`]),
    ...(request.guidanceInterval === undefined ? [] : ['--guidance-interval']),
    ...(request.guidanceRescale === undefined ? [] : ['--guidance-rescale']),
  ];
  if (idle.length === 0) return;
  throw new InputError(
    `${idle[0]}: has no effect at a guidance scale of ${guidanceScale}; leave it out, or give --guidance above 1`,
  );
}
