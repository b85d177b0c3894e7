// Which pictures PoG guides, and how strongly. The `query` detector guides; the one that judges never does.

import type { Layout } from '@spatiallock/core';
import { defaultGuidance } from '@spatiallock/pog';
import { classLabels, labelOf } from '@spatiallock/scenes';
import type { ArgsDef } from 'citty';
import { InputError } from './errors.js';
import { type Flags, number } from './flags.js';
import type { ModelRequest } from './request.js';

export const pogArgs = {
  pog: {
    type: 'string',
    valueHint: 'strength',
    description: 'how far a detector moves objects into their boxes; 0 is off; default 0.03, embedded model',
  },
} as const satisfies ArgsDef;

/** The strength asked for, if any. */
export const readPogStrength = (flags: Flags): number | undefined => number(flags, 'pog', { min: 0, max: 1 });

/**
 * The strength of PoG's guidance for these layouts: the one asked for, else that of the embedded model where the
 * detector knows every object, else 0. Throws an InputError where guidance is asked for and an object is not known.
 */
export function settlePogStrength(
  { model, pog, nullTokens }: ModelRequest,
  layouts: readonly Layout[],
): number {
  const stranger = layouts.flatMap(({ objects }) => objects).find(({ phrase }) => !known(phrase));
  if (pog === undefined) {
    const asTrained = model === undefined && nullTokens !== true && stranger === undefined;
    return asTrained && layouts.some(({ objects }) => objects.length > 0) ? defaultGuidance.strength : 0;
  }
  if (pog > 0 && stranger !== undefined) {
    throw new InputError(
      `--pog: the detector that guides does not know "${stranger.phrase}"; it knows the scenes' classes. ` +
        'Leave --pog out or give 0',
    );
  }
  if (pog > 0 && layouts.every(({ objects }) => objects.length === 0)) {
    throw new InputError('--pog: has no effect, for there is no object to move; leave it out');
  }
  return pog;
}

function known(phrase: string): boolean {
  const label = labelOf(phrase);
  return label !== undefined && classLabels.includes(label);
}
