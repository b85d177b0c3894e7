// What the sweep of sampling settings is asked to do.

import { parseArgs } from 'node:util';
import type { LateGuidance } from '@spatiallock/core';
import type { PogGuidance } from '@spatiallock/pog';
import { type Variety, varieties } from '@spatiallock/scenes';

type SweptGuidance = Pick<PogGuidance, 'strength' | 'until' | 'repeats' | 'stop'>;

/** One line of the sweep; what is absent is the model's own, and without `pog` and `feature` nothing guides. */
export interface SweptSetting {
  readonly steps?: number;
  readonly guidanceScale?: number;
  readonly lateGuidance?: LateGuidance;
  readonly guidanceRescale?: number;
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

const known = ['steps', 'guidanceScale', 'lateGuidance', 'guidanceRescale', 'scheduler', 'pog', 'feature'];

/** Reads the words after `npm run sweep --`; throws an error that names the flag and the mend. */
export function readSweep(words: readonly string[]): SweepRequest {
  const text = { type: 'string' } as const;
  const { values, positionals } = parseArgs({
    args: [...words],
    allowPositionals: true,
    options: { count: text, seed: text, scenes: text, model: text },
  });
  const whole = (flag: 'count' | 'seed', standard: number, least: number): number => {
    const value = values[flag] === undefined ? standard : Number(values[flag]);
    if (Number.isSafeInteger(value) && value >= least) return value;
    throw new Error(`--${flag}: must be a whole number of at least ${least}, not ${values[flag]}`);
  };
  const variety = readVariety(values.scenes);
  return {
    count: whole('count', 64, 1),
    seed: whole('seed', 5, 0),
    variety,
    ...(values.model === undefined ? {} : { model: values.model }),
    settings: positionals.length > 0 ? positionals.map(readSetting) : [{}],
  };
}

/** Plain where nothing is given; throws on a stranger. */
export function readVariety(given = 'plain'): Variety {
  const known = varieties.find((name) => name === given);
  if (known) return known;
  throw new Error(`--scenes: must be one of ${varieties.join(', ')}, not ${given}`);
}

function readSetting(json: string): SweptSetting {
  const setting = parsed(json);
  if (typeof setting !== 'object' || setting === null || Array.isArray(setting)) {
    throw new Error(`${json}: must be a JSON object, such as {"guidanceScale":3}`);
  }
  const stranger = Object.keys(setting).find((name) => !known.includes(name));
  if (stranger === undefined) return setting;
  throw new Error(`${json}: ${stranger} is not known; use ${known.join(', ')}`);
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
