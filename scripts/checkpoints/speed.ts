// Seconds beside PyTorch's in one run, for a machine is faster at one time than at another.

import { execFileSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { torchPython } from '@spatiallock/example-torch-backend/require';
import { measured } from './processes.js';

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

export interface SpeedOptions {
  /** Of the latents. */
  readonly side: number;
  /** Calls of a picture. */
  readonly steps: number;
}

interface InPyTorch {
  readonly calls: readonly number[];
  readonly parameters: number;
  readonly torch: string;
}

function inPyTorch(side: number): InPyTorch {
  const script = fileURLToPath(new URL('pytorch.py', import.meta.url));
  const words = [side, CALLS, availableParallelism()].map(String);
  const text = execFileSync(torchPython(), [script, ...words], {
    encoding: 'utf8',
    env: { ...process.env, ...REUSES },
  });
  return JSON.parse(text) as InPyTorch;
}

/** For glibc: freed memory is used again. PyTorch gives scores of attention, half a GiB, back to the system after each use. */
const REUSES = { MALLOC_MMAP_MAX_: '0', MALLOC_TRIM_THRESHOLD_: String(2 ** 40) };

/** How long PoI holds objects in the picture, as GLIGEN's samplers do: its fusers rest afterwards. */
const UNTIL = 0.3;
const INTERVAL = 3;
const CALLS = 4;

/**
 * A table of markdown: calls of the U-Net for two rows of 8 objects with PoI's layers and without, and all calls of a picture, as
 * shares of as many calls in PyTorch. First calls compile and are left out, in pictures replaced by the mean of those like them.
 */
export function speedTable(model: string, { side, steps }: SpeedOptions, say: (line: string) => void): void {
  const torch = inPyTorch(side);
  const reference = mean(torch.calls.slice(1));
  say("| what | seconds | of PyTorch's |\n| --- | --- | --- |");
  say(`| call in PyTorch ${torch.torch}, fusers on | ${reference.toFixed(1)} | 1 |`);
  const told = (what: string, seconds: number, calls = 1): void =>
    say(`| ${what} | ${seconds.toFixed(1)} | ${(seconds / calls / reference).toFixed(2)} |`);
  const on = mean(measured(model, { until: 1, steps: CALLS }).calls);
  told('call, fusers on', on);
  told('call, fusers off', mean(measured(model, { until: 0, steps: CALLS }).calls));
  const picture = measured(model, { until: UNTIL, steps });
  told(`${steps} calls, fusers on in ${UNTIL} of them`, on + sum(picture.calls), steps);
  const cached = measured(model, { until: UNTIL, steps, interval: INTERVAL });
  told(`the same, deep layers in one of ${INTERVAL}`, on + sum(cached.calls), steps);
}
