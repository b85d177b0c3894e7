// Layouts at random, as a specification says.

import { type Box, iou } from '@spatiallock/core';
import { checkList, checkObject, checkWhole } from '@spatiallock/core/checks';
import { type Random, random } from '@spatiallock/core/nn';
import type { LabelledObject } from '../labelled.js';
import type { ClassShare, Range, Specification } from './specification.js';

/** A layout drawn from a specification. */
export interface DrawnLayout {
  readonly prompt: string;
  /** Back to front. */
  readonly objects: readonly (LabelledObject & { readonly phrase: string })[];
}

/** Places that are tried for a box before the picture goes on without its object. */
const TRIES = 200;
/** Seeds of layouts lie this far apart from those of other specifications. */
const STRIDE = 1_000_003;

/**
 * Layout `index` of a specification: the same for the same specification. It has fewer objects than were drawn where no room
 * is found for one without more overlap than allowed; at least one is always placed.
 */
export function drawLayout(specification: Specification, index: number): DrawnLayout {
  checkObject(specification, 'specification');
  for (const name of ['classes', 'objects', 'size', 'aspect', 'captions', 'backgrounds'] as const) {
    checkList(specification[name], `specification.${name}`);
  }
  checkWhole(index, { min: 0, max: Number.MAX_SAFE_INTEGER }, 'index');
  const { seed, classes, objects, overlap, captions, backgrounds } = specification;
  const rng = random(seed * STRIDE + index);
  const count = objects[0] + rng.int(objects[1] - objects[0] + 1);
  const placed: DrawnLayout['objects'][number][] = [];
  for (let i = 0; i < count; i++) {
    const { label, phrases } = drawClass(classes, rng);
    const box = drawBox(specification, rng, (candidate) =>
      placed.every((other) => iou(other.box, candidate) <= overlap),
    );
    if (box !== undefined) placed.push({ label, phrase: pick(phrases, rng), box });
  }
  const named = joined(placed.map(({ phrase }) => phrase));
  const caption = pick(captions, rng).replace('{objects}', named);
  const prompt = caption.replace('{background}', pick(backgrounds, rng)).replace(/\s+/g, ' ').trim();
  return { prompt, objects: placed };
}

function drawClass(classes: readonly ClassShare[], rng: Random): ClassShare {
  const whole = classes.reduce((sum, { share }) => sum + share, 0);
  const target = rng.uniform() * whole;
  let sum = 0;
  for (const each of classes) {
    sum += each.share;
    if (target < sum) return each;
  }
  return classes.findLast(({ share }) => share > 0)!;
}

function drawBox(
  { size, aspect }: Pick<Specification, 'size' | 'aspect'>,
  rng: Random,
  fits: (box: Box) => boolean,
): Box | undefined {
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const side = between(size, rng);
    // Evenly in the logarithm, so that 1:2 is as frequent as 2:1.
    const stretch = Math.sqrt(Math.exp(between([Math.log(aspect[0]), Math.log(aspect[1])], rng)));
    const [width, height] = [Math.min(1, side * stretch), Math.min(1, side / stretch)];
    const [left, top] = [rng.uniform() * (1 - width), rng.uniform() * (1 - height)];
    const box = [left, top, left + width, top + height].map(rounded) as unknown as Box;
    if (fits(box)) return box;
  }
  return undefined;
}

/** Four digits: as exact as a pixel of any picture, and short in files. */
const rounded = (value: number): number => Math.min(1, Math.round(value * 1e4) / 1e4);

const between = ([least, most]: Range, rng: Random): number => least + (most - least) * rng.uniform();

const pick = <T>(values: readonly T[], rng: Random): T => values[rng.int(values.length)]!;

/** "a", "a and b", "a, b and c" */
function joined(parts: readonly string[]): string {
  if (parts.length < 2) return parts.join('');
  return `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`;
}
