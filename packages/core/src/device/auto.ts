// Choosing a device by what it does, not by what it says of itself.

import type { AbortSignalLike } from '../abort.js';
import { checkKeys, checkList, messageOf, showValue } from '../checks/index.js';
import type { Backend } from '../graph/backend.js';
import { DeviceError } from './deviceError.js';
import { selfTest } from './selfTest.js';

/** Options of `auto`. */
export interface AutoOptions {
  /** Stops between candidates and while a graph is compiled. */
  readonly signal?: AbortSignalLike;
}

/** The backend that `auto` chose, why, and which it refused. */
export interface Choice {
  /** The first that passed, ready to compile. */
  readonly backend: Backend;
  /** One sentence for people: which was chosen, and what spoke against those before it. */
  readonly why: string;
  /** Those before it, in their order, and why each was not taken. */
  readonly refused: readonly Refusal[];
}

/** A device that was not chosen, and the reason on one line. */
export interface Refusal {
  readonly name: string;
  readonly reason: string;
}

/**
 * Takes the first backend, in the caller's order of preference, that computes a small network as the reference
 * interpreter does: `auto([webgpu, wasm])`. Those that fail are disposed of. Throws a DeviceError with every reason
 * where none passes.
 *
 * @example
 * ```ts
 * import { auto, type Backend } from '@spatiallock/core';
 *
 * declare const cuda: () => Backend;
 * declare const cpu: () => Backend;
 * const { backend, why } = await auto([cuda, cpu]);
 * console.log(`${backend.name}: ${why}`);
 * ```
 */
export async function auto(
  candidates: readonly (() => Backend)[],
  options: AutoOptions = {},
): Promise<Choice> {
  const { signal } = checkKeys(options, ['signal'], 'options') as AutoOptions;
  checkList(candidates, 'candidates', 'functions that make backends');
  const refused: Refusal[] = [];
  for (const [i, make] of candidates.entries()) {
    signal?.throwIfAborted();
    let backend: Backend | undefined;
    try {
      if (typeof make !== 'function')
        throw new Error(`must be a function that makes a backend, not ${showValue(make)}`);
      backend = make();
      await selfTest(backend, signal);
      return { backend, why: sentence(backend.name, refused), refused };
    } catch (cause) {
      await backend?.dispose().catch(() => undefined);
      signal?.throwIfAborted();
      refused.push({ name: backend?.name ?? `candidate ${i + 1}`, reason: messageOf(cause) });
    }
  }
  throw new DeviceError({
    device: 'auto',
    reason: 'unavailable',
    problem: `no device passed the self-test (${refused.map(clause).join('; ') || 'none was given'})`,
    advice: 'Give another device, such as wasm() or referenceBackend(), which needs nothing.',
  });
}

const clause = ({ name, reason }: Refusal): string => `${name}: ${reason}`;

function sentence(chosen: string, refused: readonly Refusal[]): string {
  const passed = `${chosen} passed the self-test`;
  return refused.length === 0 ? passed : `${passed}; before it ${refused.map(clause).join('; ')}`;
}
