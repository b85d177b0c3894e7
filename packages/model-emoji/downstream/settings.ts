// What the downstream experiment is asked to do.

import { parseArgs } from 'node:util';

export interface DownstreamSettings {
  /** Real scenes that every training has. */
  readonly real: number;
  /** Generated pictures that are added, ascending; 0 is real scenes alone. */
  readonly sizes: readonly number[];
  /** One training for each, of every size. */
  readonly seeds: readonly number[];
  /** Steps of a training, the same for every size. */
  readonly steps: number;
  /** Pictures a step. */
  readonly batch: number;
  /** Share of a batch that is real, 0..1; by default all pictures are drawn alike. */
  readonly realShare?: number;
  /** Real held-out scenes that judge. */
  readonly heldOut: number;
  /** Denoising steps of a generated picture; the model's own by default. */
  readonly denoise?: number;
}

export interface DownstreamRequest {
  readonly settings: DownstreamSettings;
  /** Pictures, trainings and reports are kept here. */
  readonly folder: string;
  /** A model directory; the embedded model by default. */
  readonly model?: string;
  readonly threads?: number;
}

export const defaultDownstream: DownstreamSettings = {
  real: 200,
  sizes: [0, 200, 1000, 5000],
  seeds: [1, 2, 3],
  steps: 1000,
  batch: 16,
  heldOut: 500,
};

/** Reads the words after `npm run downstream --`; throws an error that names the flag and the mend. */
export function readDownstream(words: readonly string[]): DownstreamRequest {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    args: [...words],
    options: {
      ...{ real: text, sizes: text, seeds: text, steps: text, batch: text, 'real-share': text },
      ...{ 'held-out': text, denoise: text, folder: text, model: text, threads: text },
    },
  });
  const defaults = defaultDownstream;
  const whole = (flag: string, given: string, least: number): number => {
    const value = Number(given);
    if (given.trim() !== '' && Number.isSafeInteger(value) && value >= least) return value;
    throw new Error(`--${flag}: must be a whole number of at least ${least}, not ${JSON.stringify(given)}`);
  };
  const one = (flag: keyof typeof values, least = 1): number | undefined =>
    values[flag] === undefined ? undefined : whole(flag, values[flag], least);
  const several = (flag: 'sizes' | 'seeds'): number[] | undefined =>
    values[flag] === undefined
      ? undefined
      : [...new Set(values[flag].split(',').map((each) => whole(flag, each, 0)))].sort((a, b) => a - b);
  const share = values['real-share'] === undefined ? undefined : Number(values['real-share']);
  if (share !== undefined && !(share > 0 && share <= 1)) {
    throw new Error(`--real-share: must be a number above 0 and at most 1, not ${values['real-share']}`);
  }
  const denoise = one('denoise');
  return {
    settings: {
      real: one('real') ?? defaults.real,
      sizes: several('sizes') ?? defaults.sizes,
      seeds: several('seeds') ?? defaults.seeds,
      steps: one('steps') ?? defaults.steps,
      batch: one('batch') ?? defaults.batch,
      heldOut: one('held-out') ?? defaults.heldOut,
      ...(share === undefined ? {} : { realShare: share }),
      ...(denoise === undefined ? {} : { denoise }),
    },
    folder: values.folder ?? 'runs/downstream',
    model: values.model,
    threads: one('threads'),
  };
}
