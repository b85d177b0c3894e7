// The calls in which one object is held to its box.

import type { CallProgress, LayoutFields } from '@spatiallock/core';
import { checkNumber, showValue } from '@spatiallock/core/checks';
import { earlyCalls } from '@spatiallock/core/pipeline';

/** From and until, as shares of the calls in 0..1: [0, 0.5] is the first half. */
export type Hold = readonly [from: number, until: number];

declare module '@spatiallock/core' {
  interface Layout {
    /**
     * What should not be in an area: given to the unconditional half of classifier-free guidance, as the negative prompt is,
     * so that guidance leads away from it. Of no effect without guidance.
     */
    readonly negativeObjects?: readonly (Omit<LayoutObject, 'box'> & { readonly box: readonly number[] })[];
  }
  interface LayoutObject {
    /** The share of the calls in which PoI holds the object to its box, at least one call; default as PoI's `until` says. */
    readonly hold?: readonly [from: number, until: number];
  }
}

function parseHold(given: unknown, path: string): Hold {
  if (!Array.isArray(given) || given.length !== 2) {
    throw new Error(
      `${path}: must be two shares of the calls, from and until, such as [0, 0.5], not ${showValue(given)}`,
    );
  }
  const [from, until] = [0, 1].map((i) => checkNumber(given[i], { min: 0, max: 1 }, `${path}[${i}]`)) as [
    number,
    number,
  ];
  if (until <= from) throw new Error(`${path}: until (${until}) must be greater than from (${from})`);
  return [from, until];
}

/** What PoI reads of a layout and of an object beside phrase and box. */
export const poiLayoutFields: LayoutFields = {
  object: { hold: parseHold },
  lists: ['negativeObjects'],
  negative: ['negativeObjects'],
};

/**
 * Whether a hold includes a call: halves that follow each other, [0, 0.5] and [0.5, 1], share none. A hold too short for a
 * whole call includes the one in which its middle lies.
 */
export function isHeld([from, until]: Hold, { stepIndex, calls }: CallProgress): boolean {
  const [first, end] = [earlyCalls(from, calls), earlyCalls(until, calls)];
  if (first < end || until <= from) return stepIndex >= first && stepIndex < end;
  return stepIndex === Math.min(calls - 1, Math.floor(((from + until) / 2) * calls));
}
