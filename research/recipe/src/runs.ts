// How long each stage learns, and on how much at once.

import type { AutoencoderRun } from './autoencoder.js';
import type { DistillationRun } from './distillationLevels.js';
import { DISTILLED_CALLS } from './settings.js';
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

/** Replaces numbers, each named as "stage.field=number"; throws on a name that the runs do not have. */
export function withSettings(runs: Runs, settings: readonly string[]): Runs {
  const changed: Record<string, Record<string, number>> = structuredClone(runs) as never;
  for (const setting of settings) {
    const [, stage, field, number] = /^(\w+)\.(\w+)=(.+)$/.exec(setting) ?? [];
    const known = stage !== undefined && field !== undefined && Object.hasOwn(changed, stage);
    if (!known || !Number.isFinite(Number(number))) {
      throw new Error(`--set: "${setting}" must be stage.field=number, such as unet.steps=4000`);
    }
    changed[stage]![field] = Number(number);
  }
  return changed as unknown as Runs;
}
