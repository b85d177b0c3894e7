// How long each stage learns, and on how much at once.

import { InputError } from '@spatiallock/cli/command';
import type { AutoencoderRun } from './autoencoder.js';
import type { DistillationRun } from './distillationLevels.js';
import { SCENES_AT_ONCE } from './sceneFeed.js';
import { DISTILLED_CALLS, IMAGE_SIZE } from './settings.js';
import type { UNetRun } from './unet.js';

export interface LatentCacheRun {
  /** Scenes that are kept as latents. */
  readonly size: number;
  /** New ones at every step. */
  readonly fresh: number;
}

export interface Runs {
  readonly text: { readonly steps: number };
  readonly autoencoder: AutoencoderRun;
  readonly cache: LatentCacheRun;
  readonly unet: UNetRun;
  readonly distillation: DistillationRun;
}

/** For a card with 16 processor cores beside it; the batch fits 80 GB. */
const card: Runs = {
  text: { steps: 700 },
  autoencoder: { steps: 2600, batch: 64, crop: 128, peak: 2e-3, scenes: 2048, freshEvery: 4 },
  cache: { size: 16_384, fresh: 64 },
  unet: { steps: 1500, batch: 256, peak: 4e-3, ema: 0.995 },
  distillation: { steps: 600, batch: 192, plain: 48, peak: 5e-4, calls: DISTILLED_CALLS, substeps: 4 },
};

/** For two cores: the same in smaller batches, and much longer. */
const cores: Runs = {
  text: { steps: 700 },
  autoencoder: { steps: 6000, batch: 16, crop: 96, peak: 1.5e-3, scenes: 2048, freshEvery: 16 },
  cache: { size: 8192, fresh: 64 },
  unet: { steps: 20_000, batch: 32, peak: 1.5e-3, ema: 0.999 },
  distillation: { steps: 4000, batch: 24, plain: 6, peak: 4e-4, calls: DISTILLED_CALLS, substeps: 4 },
};

/** A few steps of everything, to see that it runs. */
const trial: Runs = {
  text: { steps: 4 },
  autoencoder: { steps: 3, batch: 2, crop: 64, peak: 1e-3, scenes: 64, freshEvery: 4 },
  cache: { size: 128, fresh: 64 },
  unet: { steps: 3, batch: 4, peak: 1e-3, ema: 0.9 },
  distillation: { steps: 2, batch: 4, plain: 1, peak: 1e-4, calls: DISTILLED_CALLS, substeps: 4 },
};

export const profiles = { card, cores, trial } as const;
export type Profile = keyof typeof profiles;
export const profileNames = Object.keys(profiles) as readonly Profile[];

/** What a number may be; `step` 1: a whole number, 64: a multiple of 64. */
interface NumberRange {
  readonly min: number;
  readonly max?: number;
  readonly step?: number;
}

const count: NumberRange = { min: 1, step: 1 };
const steps: NumberRange = { min: 0, step: 1 };
const rate: NumberRange = { min: 1e-9, max: 1 };
const scenes: NumberRange = { min: SCENES_AT_ONCE, step: SCENES_AT_ONCE };
/** Milliseconds since 1970: seconds would have ended the stage long ago. */
const time: NumberRange = { min: 1e12 };

const ranges: Readonly<Record<string, Readonly<Record<string, NumberRange>>>> = {
  text: { steps },
  autoencoder: {
    ...{ steps, batch: count, peak: rate, scenes, freshEvery: count },
    // Sixteen times down.
    crop: { min: 16, max: IMAGE_SIZE, step: 16 },
  },
  cache: { size: scenes, fresh: steps },
  unet: { steps, batch: count, peak: rate, ema: { min: 0, max: 1 }, saveEvery: count, endsAt: time },
  distillation: {
    ...{ steps, batch: count, plain: count, peak: rate, saveEvery: count, endsAt: time },
    ...{ calls: { ...count, max: 100 }, substeps: { ...count, max: 10 } },
  },
};

/** Replaces numbers, each named as "stage.field=number"; throws on a name that the runs do not have, or a number out of range. */
export function withSettings(runs: Runs, settings: readonly string[]): Runs {
  const changed: Record<string, Record<string, number>> = structuredClone(runs) as never;
  for (const setting of settings) {
    const [, stage = '', field = '', number = ''] = /^(\w+)\.(\w+)=(.+)$/.exec(setting) ?? [];
    const fields = Object.hasOwn(ranges, stage) ? ranges[stage]! : undefined;
    if (!fields || !Number.isFinite(Number(number))) {
      throw new InputError(`--set: "${setting}" must be stage.field=number, such as unet.steps=4000`);
    }
    const range = Object.hasOwn(fields, field) ? fields[field]! : undefined;
    if (!range) {
      throw new InputError(`--set: ${stage} has no ${field}; it has ${Object.keys(fields).join(', ')}`);
    }
    changed[stage]![field] = inRange(`${stage}.${field}`, Number(number), range);
  }
  const { batch, plain } = changed.distillation as unknown as DistillationRun;
  if (plain < batch) return changed as unknown as Runs;
  throw new InputError(
    `--set: distillation.plain must be less than distillation.batch (${batch}), not ${plain}: the other rows are taught`,
  );
}

function inRange(name: string, value: number, { min, max, step }: NumberRange): number {
  const fits = value >= min && (max === undefined || value <= max);
  if (fits && (step === undefined || value % step === 0)) return value;
  const kind = step === undefined ? 'a number' : step === 1 ? 'a whole number' : `a multiple of ${step}`;
  const ends = max === undefined ? `from ${min} on` : `of ${min} to ${max}`;
  throw new InputError(`--set: ${name} must be ${kind} ${ends}, not ${value}`);
}
