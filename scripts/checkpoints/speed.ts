// Seconds beside PyTorch's in one run, for a machine is faster at one time than at another.

import { availableParallelism } from 'node:os';
import { torchPython } from '@spatiallock/example-torch-backend/require';
import { jsonOf, type MeasureOptions, measured, REUSES, scriptAt } from './processes.js';

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
  const words = [scriptAt('pytorch.py'), side, CALLS, availableParallelism()].map(String);
  return jsonOf<InPyTorch>(torchPython(), words, REUSES);
}

/** How long PoI holds objects in the picture, as GLIGEN's samplers do: its fusers rest afterwards. */
const UNTIL = 0.3;
const INTERVAL = 3;
const CALLS = 4;

/**
 * A table of markdown: calls of the U-Net for two rows of 8 objects with PoI's layers and without, and all calls of a picture, as
 * shares of as many calls in PyTorch. Freed memory is kept by both. First calls compile and are left out, in pictures replaced by the
 * mean of those like them.
 */
export function speedTable(model: string, { side, steps }: SpeedOptions, say: (line: string) => void): void {
  const torch = inPyTorch(side);
  const reference = mean(torch.calls.slice(1));
  say("| what | seconds | of PyTorch's |\n| --- | --- | --- |");
  say(`| call in PyTorch ${torch.torch}, fusers on | ${reference.toFixed(1)} | 1 |`);
  const told = (what: string, seconds: number, calls = 1): void =>
    say(`| ${what} | ${seconds.toFixed(1)} | ${(seconds / calls / reference).toFixed(2)} |`);
  const ours = (options: MeasureOptions) => measured(model, options, REUSES);
  const whole = ours({ until: 1, steps: CALLS });
  const on = mean(whole.calls);
  told('call, fusers on', on);
  told('call, fusers off', mean(ours({ until: 0, steps: CALLS }).calls));
  const picture = ours({ until: UNTIL, steps });
  told(`${steps} calls, fusers on in ${UNTIL} of them`, on + sum(picture.calls), steps);
  const cached = ours({ until: UNTIL, steps, interval: INTERVAL });
  told(`the same, deep layers in one of ${INTERVAL}`, on + sum(cached.calls), steps);
  const peaks = [whole, picture, cached].map(({ peakGiB }) => peakGiB).join(', ');
  say(`peak with fusers on, of a picture, and with deep layers cached: ${peaks} GiB`);
}
