// What the sweep of sampling settings is asked to do.

import { type ArgsDef, choice, type Flags, text, wholeNumber } from '@spatiallock/cli/command';
import type { DeepCache, GuidanceInterval } from '@spatiallock/core';
import type { PogGuidance } from '@spatiallock/pog';
import { type Variety, varieties } from '@spatiallock/research-scenes-128';

type SweptGuidance = Pick<PogGuidance, 'strength' | 'until' | 'repeats' | 'stop'>;

/** One line of the sweep; what is absent is the model's own, and without `pog` and `feature` nothing guides. */
export interface SweptSetting {
  readonly steps?: number;
  readonly guidanceScale?: number;
  readonly guidanceInterval?: GuidanceInterval;
  readonly guidanceRescale?: number;
  readonly deepCache?: DeepCache;
  /** One of `schedulerNames`. */
  readonly scheduler?: string;
  /** Guidance by the `query` detector. */
  readonly pog?: SweptGuidance;
  /** Guidance by the model's own perception network. */
  readonly feature?: SweptGuidance;
}

export interface SweepRequest {
  readonly count: number;
  /** Of the layouts, and of the first picture's noise. */
  readonly seed: number;
  readonly variety: Variety;
  /** A model directory; the embedded model when absent. */
  readonly model?: string;
  readonly settings: readonly SweptSetting[];
}

const known = [
  'steps',
  'guidanceScale',
  'guidanceInterval',
  'guidanceRescale',
  'deepCache',
  'scheduler',
  'pog',
  'feature',
];

export const sweepArgs = {
  settings: { type: 'positional', required: false, description: `JSON objects of ${known.join(', ')}` },
  count: { type: 'string', valueHint: '64', description: 'held-out layouts' },
  seed: { type: 'string', valueHint: '5', description: "of the layouts, and of the first picture's noise" },
  scenes: { type: 'string', valueHint: varieties.join('|'), description: 'kind of layouts; default plain' },
  model: { type: 'string', valueHint: 'dir', description: 'model directory; default the embedded model' },
} as const satisfies ArgsDef;

/** Reads the flags of `sweepArgs`; throws an error that names the flag and how to fix it. */
export function readSweep(flags: Flags): SweepRequest {
  const model = text(flags, 'model');
  return {
    count: wholeNumber(flags, 'count', { min: 1 }) ?? 64,
    seed: wholeNumber(flags, 'seed', { min: 0 }) ?? 5,
    variety: choice(flags, 'scenes', varieties) ?? 'plain',
    ...(model === undefined ? {} : { model }),
    settings: flags.get('settings')?.map(readSetting) ?? [{}],
  };
}

function readSetting(json: string): SweptSetting {
  const setting = parsed(json);
  if (typeof setting !== 'object' || setting === null || Array.isArray(setting)) {
    throw new Error(`${json}: must be a JSON object, such as {"guidanceScale":3}`);
  }
  const unknownName = Object.keys(setting).find((name) => !known.includes(name));
  if (unknownName === undefined) return setting;
  throw new Error(`${json}: ${unknownName} is not known; use ${known.join(', ')}`);
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
