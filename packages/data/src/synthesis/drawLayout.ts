// Layouts at random, as a specification says.

import { iou } from '@spatiallock/core';
import { checkList, checkObject, checkWhole } from '@spatiallock/core/checks';
import { type Random, random } from '@spatiallock/core/nn';
import type { LabelledObject } from '../labelled.js';
import { drawBox } from './drawBox.js';
import type { ClassShare, Specification } from './specification.js';

/** A layout drawn from a specification. */
export interface DrawnLayout {
  readonly prompt: string;
  /** Back to front. */
  readonly objects: readonly (LabelledObject & { readonly phrase: string })[];
  /** Objects that were drawn and found no room. */
  readonly withoutRoom: number;
}

/** Seeds of layouts lie this far apart from those of other specifications. */
const STRIDE = 1_000_003;

/**
 * Layout `index` of a specification: the same for the same specification. It has fewer objects than were drawn where no room
 * is found for one without more overlap than allowed; one of several is always placed. One that is drawn without objects has
 * its background for a caption, for what is said of objects says nothing then.
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
  const template = pick(captions, rng);
  const caption = count === 0 ? '{background}' : template.replaceAll('{objects}', () => named);
  const background = pick(backgrounds, rng);
  const prompt = caption
    .replaceAll('{background}', () => background)
    .replace(/\s+/g, ' ')
    .trim();
  return { prompt, objects: placed, withoutRoom: count - placed.length };
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

const pick = <T>(values: readonly T[], rng: Random): T => values[rng.int(values.length)]!;

/** "a", "a and b", "a, b and c" */
function joined(parts: readonly string[]): string {
  if (parts.length < 2) return parts.join('');
  return `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`;
}
