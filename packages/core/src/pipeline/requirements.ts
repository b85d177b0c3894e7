// What an option of a call asks of the model.

import type { DecoderComponent } from './decoding.js';
import type { Source } from './source.js';

/** Throws where details were asked for that cannot be painted. */
export function requireDetails(decoding: DecoderComponent, source: Source | undefined): void {
  if (source) throw new Error('details: has no effect on a picture that is painted over; leave it out');
  requireEncoder(decoding, 'details');
}

/** Throws where the model cannot read pictures; `option` is what needs them. */
export function requireEncoder({ encodes }: DecoderComponent, option = 'image'): void {
  if (encodes) return;
  throw new Error(
    `${option}: this model's autoencoder (vae) holds a decoder alone, and cannot read pictures; give one with its encoder`,
  );
}
