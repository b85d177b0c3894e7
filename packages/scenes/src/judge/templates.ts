// Every class in every colour and both turns, on a small grid: quick to compare with a part of a picture.

import type { Art } from '../art.js';
import { recolour } from '../colours/recolour.js';
import type { ColourWord } from '../colours/rule.js';
import { stretch } from '../resample.js';
import { colourOptions } from './fit.js';
import { CAP } from './view.js';

/** Cells per side. */
export const CELLS = 12;

/** A class in a colour and a turn on the grid. */
export interface Template {
  readonly index: number;
  readonly flip: boolean;
  readonly colour?: ColourWord;
  /** Premultiplied RGB in 0..255 and alpha in 0..1, [CELLS, CELLS, 4]. */
  readonly data: Float32Array;
  /** A few cells that the object fills, for a first look. */
  readonly probes: Int32Array;
}

const PROBES = 8;

/** Full cells, evenly drawn from all of them. */
function probesOf(data: Float32Array): Int32Array {
  const cells = Array.from({ length: CELLS * CELLS }, (_, cell) => cell);
  const full = cells.filter((cell) => data[4 * cell + 3] > 0.9);
  const count = Math.min(PROBES, full.length);
  return Int32Array.from({ length: count }, (_, k) => full[Math.floor(((k + 0.5) * full.length) / count)]);
}

/** The templates of all classes. */
export function templatesOf(art: Art): Template[] {
  return art.sprites.flatMap((sprite, index) =>
    colourOptions(sprite).flatMap((colour) =>
      [false, true].map((flip): Template => {
        const { data } = stretch(sprite, [0, 0, CELLS, CELLS], flip);
        if (colour) recolour(data, index, colour);
        for (let i = 3; i < data.length; i += 4) data[i] /= 255;
        return { index, flip, colour, data, probes: probesOf(data) };
      }),
    ),
  );
}

/** A part of a picture on the grid of the templates. */
export interface Sample {
  /** RGB, [CELLS, CELLS, 3]: the picture, and what would be there without an object. */
  readonly image: Float32Array;
  readonly base: Float32Array;
  /** The part of each cell that nothing in front covers, 0..1. */
  readonly open: Float32Array;
}

/** The mean capped difference (0..1 of the cap) of a sample and a template before the sample's base; stops above `limit`. */
export function mismatch(
  { image, base, open }: Sample,
  { data }: Template,
  limit = Number.POSITIVE_INFINITY,
): number {
  let [sum, weight] = [0, 0];
  const most = limit * CAP * open.length;
  for (let cell = 0, i = 0, from = 0; cell < open.length; cell++, i += 3, from += 4) {
    const keep = 1 - data[from + 3];
    const difference =
      Math.abs(image[i] - base[i] * keep - data[from]) +
      Math.abs(image[i + 1] - base[i + 1] * keep - data[from + 1]) +
      Math.abs(image[i + 2] - base[i + 2] * keep - data[from + 2]);
    sum += open[cell] * Math.min(CAP, difference);
    weight += open[cell];
    if (sum > most) return Number.POSITIVE_INFINITY;
  }
  return weight < 1 ? 1 : sum / weight / CAP;
}

/** The mean capped difference (0..1 of the cap) of a sample and its base. */
export function emptiness({ image, base, open }: Sample): number {
  let [sum, weight] = [0, 0];
  for (let cell = 0, i = 0; cell < open.length; cell++, i += 3) {
    const difference =
      Math.abs(image[i] - base[i]) +
      Math.abs(image[i + 1] - base[i + 1]) +
      Math.abs(image[i + 2] - base[i + 2]);
    sum += open[cell] * Math.min(CAP, difference);
    weight += open[cell];
  }
  return weight < 1 ? 0 : sum / weight / CAP;
}

/** The mean capped difference (0..1 of the cap) at a template's probes. */
export function probed({ image }: Sample, { data, probes }: Template): number {
  let sum = 0;
  for (const cell of probes) {
    const [i, from] = [3 * cell, 4 * cell];
    const difference =
      Math.abs(image[i] - data[from]) +
      Math.abs(image[i + 1] - data[from + 1]) +
      Math.abs(image[i + 2] - data[from + 2]);
    sum += Math.min(CAP, difference);
  }
  return probes.length === 0 ? 0 : sum / probes.length / CAP;
}
