// How the frames of a strip are made besides their plan: seed, settings, model and size.

import * as engine from './engine.js';
import { modelKey } from './modelKey.js';
import { readSettings, type Sampling, samplingOf } from './settings.js';
import { sizeOf } from './source.js';
import { recordOf } from './storage.js';
import { samplingNow } from './studio.js';

/** What decided the pixels of a strip besides its plan. */
export interface StripMaking {
  readonly sampling: Sampling;
  /** See `modelKey`. */
  readonly model: string;
  /** Pixels of a side of the frames, where a visitor's model paints them in another size than its own. */
  readonly side?: number;
}

/** How frames of so many steps would be painted now. */
export const makingNow = (steps: number): StripMaking => ({
  sampling: { ...samplingNow.value, steps },
  model: modelKey.value,
  ...sizeOf(),
});

/** How a strip was made that would be made otherwise now, in words. */
export function differencesOf(made: StripMaking, now: StripMaking): readonly string[] {
  const { seed, ...others } = made.sampling;
  // The plan tells of the steps.
  const settingsHere = { ...now.sampling, seed, steps: others.steps };
  return [
    ...(seed === now.sampling.seed ? [] : [`from seed ${seed}`]),
    ...(JSON.stringify(settingsHere) === JSON.stringify(made.sampling)
      ? []
      : ['with other settings under Sampling']),
    // While a model is awaited nobody knows whether it is the same.
    ...(made.model === now.model || engine.awaited.value !== undefined ? [] : ['by another model']),
    ...(made.side === now.side || made.model !== now.model ? [] : ['in another size']),
  ];
}

/** How a strip was made, of what was kept; undefined where that does not say it. */
export function readMaking(given: unknown): StripMaking | undefined {
  const { sampling, model, side } = recordOf(given);
  if (typeof sampling !== 'object' || sampling === null || typeof model !== 'string') return undefined;
  return {
    // Frames that were kept before there were details have none.
    sampling: samplingOf(readSettings({ details: 0, ...sampling })),
    model,
    ...(typeof side === 'number' ? { side } : {}),
  };
}
