// Inputs of all targets, by seed, and the faults that they find.

import fc from 'fast-check';
import { faultOf } from './judge.js';
import type { Target } from './target.js';

export interface Fault {
  readonly target: string;
  /** What is wrong, of the smallest input that was found. */
  readonly what: string;
  readonly input: unknown;
}

export interface CampaignOptions {
  readonly targets: readonly Target[];
  /** Inputs of all targets together. */
  readonly count: number;
  readonly seed: number;
  readonly signal: AbortSignal;
  readonly onInput?: (target: number, input: number) => void;
  readonly onTarget?: (target: Target, inputs: number, milliseconds: number) => void;
}

/** Inputs between two looks at the faults: each part may find one of its own. */
const PART = 250;

export async function campaign(options: CampaignOptions): Promise<Fault[]> {
  const { targets, count, seed, signal, onInput, onTarget } = options;
  const shares = targets.reduce((sum, { share }) => sum + share, 0);
  const faults: Fault[] = [];
  for (const [at, target] of targets.entries()) {
    const begin = performance.now();
    const own = Math.max(1, Math.round((count * target.share) / shares));
    const known = new Set<string>();
    for (let from = 0; from < own; from += PART) {
      signal.throwIfAborted();
      const fault = await partOf(target, Math.min(PART, own - from), seed + from, (i) =>
        onInput?.(at, from + i),
      );
      // The same fault with other numbers is one.
      const kind = fault?.what.replaceAll(/\d+|"[^"]*"/g, '#').slice(0, 120);
      if (!fault || known.has(kind!)) continue;
      known.add(kind!);
      faults.push(fault);
    }
    onTarget?.(target, own, performance.now() - begin);
  }
  return faults;
}

/** The first fault among some inputs, made as small as it can be. */
async function partOf(
  target: Target,
  runs: number,
  seed: number,
  onInput: (input: number) => void,
): Promise<Fault | undefined> {
  let inputs = 0;
  let what = '';
  const property = fc.asyncProperty(target.inputs, async (input) => {
    onInput(inputs++);
    const fault = await faultOf(target, input);
    if (fault === undefined) return true;
    what = fault;
    return false;
  });
  const found = await fc.check(property, { seed, numRuns: runs, interruptAfterTimeLimit: 120_000 });
  if (!found.failed || !found.counterexample) return undefined;
  return { target: target.name, what, input: found.counterexample[0] };
}
