// Measurements in processes of their own, for their peaks of memory to be their own.

import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** Settings of glibc's allocator. */
type Allocator = Readonly<Record<string, string>>;

/** Memory of blocks from 4 MiB goes back to the system when it is freed; by itself glibc comes to keep up to 32 MiB of each. */
const RETURNS: Allocator = { MALLOC_MMAP_THRESHOLD_: String(2 ** 22) };
/** Freed memory is used again, which spares page faults: half a GiB of attention scores for each layer. */
export const REUSES: Allocator = { MALLOC_MMAP_MAX_: '0', MALLOC_TRIM_THRESHOLD_: String(2 ** 40) };

/** What a program prints, as JSON; what it tells of its progress goes through. */
export function jsonOf<T>(program: string, words: readonly string[], allocator: Allocator): T {
  const text = execFileSync(program, words, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...allocator, ...process.env },
  });
  return JSON.parse(text) as T;
}

/** Where a script of this folder lies. */
export const scriptAt = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

/** What a script of this folder prints in Node. */
export function resultOf<T>(
  script: string,
  words: readonly (string | number)[],
  allocator: Allocator = RETURNS,
): T {
  const node = [
    '--import',
    'tsx',
    '--conditions=@spatiallock/source',
    scriptAt(script),
    ...words.map(String),
  ];
  return jsonOf<T>(process.execPath, node, allocator);
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
export const measured = (
  model: string,
  { until, steps, interval = 1 }: MeasureOptions,
  allocator = RETURNS,
): Measured => resultOf('measure.ts', [model, until, steps, interval], allocator);

export interface TrainedOn {
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
): Trained => resultOf('train.ts', [model, folder, budget, steps, side, ...how]);
