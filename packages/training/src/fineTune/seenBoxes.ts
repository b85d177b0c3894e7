// Boxes that no view shows, and what is never learnt for it.

import { showValue } from '@spatiallock/core/checks';
import { wordsIn } from '@spatiallock/core/pipeline';
import { canBeSeen, type ViewedPicture, type ViewOptions } from './views.js';

/** Pictures to train on, and those that are kept for validation. */
interface SplitPictures {
  readonly training: readonly ViewedPicture[];
  readonly validation: readonly ViewedPicture[];
}

/**
 * A warning that counts the boxes to train on which no view shows, undefined where there are none. Throws where nothing else is
 * left, or nothing else of a category of new words, for validation apart: it would not be learnt.
 */
export function checkSeen(
  { training, validation }: SplitPictures,
  view: ViewOptions,
  newWords: readonly string[] = [],
): string | undefined {
  const fresh = new Set(newWords);
  const counts = new Map<string, { all: number; seen: number }>();
  for (const picture of training) {
    for (const object of picture.objects) {
      const count = counts.get(object.label) ?? { all: 0, seen: 0 };
      counts.set(object.label, count);
      count.all++;
      if (canBeSeen(picture, object, view)) count.seen++;
    }
  }
  const sum = (of: 'all' | 'seen'): number =>
    [...counts.values()].reduce((total, each) => total + each[of], 0);
  const [all, seen] = [sum('all'), sum('seen')];
  const why = `smaller than ${view.minBox} of a side even in the closest view, or for the most part outside of every view`;
  const remedy = 'lower it, or cut the pictures closer';
  if (seen === 0) throw new Error(`minBox: every box is ${why}; ${remedy}`);
  for (const { label } of validation.flatMap(({ objects }) => objects))
    if (!counts.has(label)) counts.set(label, { all: 0, seen: 0 });
  const lost = [...counts].find(
    ([label, { seen: own }]) => own === 0 && wordsIn(label).some((word) => fresh.has(word)),
  );
  if (lost?.[1].all === 0) {
    throw new Error(
      `validation: all pictures that are left of the new category ${showValue(lost[0])} are kept for it; mend those that were left out, or set it to 0`,
    );
  }
  if (lost)
    throw new Error(`minBox: every box of the new category ${showValue(lost[0])} is ${why}; ${remedy}`);
  if (seen === all) return undefined;
  return `minBox: ${all - seen} of ${all} boxes are never learnt from, for they are ${why}; ${remedy}`;
}
