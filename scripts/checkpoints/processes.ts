// Measurements in processes of their own, for their peaks of memory to be their own.

import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** For glibc: memory of blocks from 4 MiB goes back to the system when it is freed; by itself it comes to keep up to 32 MiB of each. */
const MALLOC = { MALLOC_MMAP_THRESHOLD_: String(2 ** 22) };

/** What a script prints, as JSON; what it tells of its progress goes through. */
export function resultOf<T>(script: string, ...words: readonly (string | number)[]): T {
  const path = fileURLToPath(new URL(script, import.meta.url));
  const node = ['--import', 'tsx', '--conditions=@spatiallock/source', path, ...words.map(String)];
  const text = execFileSync(process.execPath, node, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...MALLOC, ...process.env },
  });
  return JSON.parse(text) as T;
}

export interface Measured {
  readonly firstCall: number;
  readonly calls: readonly number[];
  readonly peakGiB: number;
}

export interface MeasureOptions {
  /** The share of the calls that PoI holds objects in. */
  readonly until: number;
  readonly steps: number;
  /** Calls of which one computes the deep layers; default 1. */
  readonly interval?: number;
}

/** Calls of the U-Net while a picture is painted. */
export const measured = (model: string, { until, steps, interval = 1 }: MeasureOptions): Measured =>
  resultOf('measure.ts', model, until, steps, interval);

interface TrainedOn {
  readonly model: string;
  readonly folder: string;
  readonly budget: number;
  readonly steps: number;
  readonly side: number;
}

interface Trained {
  readonly trainableParameters?: number;
  readonly losses: readonly number[];
  readonly peakGiB: number;
}

/** `still`: the base's losses of the same steps; a number: it stops after this step, with its state saved. */
export const trained = (
  { model, folder, budget, steps, side }: TrainedOn,
  ...how: ('still' | number)[]
): Trained => resultOf('train.ts', model, folder, budget, steps, side, ...how);
