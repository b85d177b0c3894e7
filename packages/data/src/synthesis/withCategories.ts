// The words that captions are read by, with what a training taught the model.

import { checkCallback, checkFunction, checkObject } from '@spatiallock/core/checks';
import { type Category, parseCategories } from '@spatiallock/core/modules';
import { labelNames, phraseMatcher } from '@spatiallock/core/pipeline';
import type { CaptionLayoutOptions } from './layoutFromCaption.js';

/** Which words name things, and how wide those usually are. */
export type CaptionWords = Pick<CaptionLayoutOptions, 'labelOf' | 'aspectOf'>;

/**
 * The words of a detector, where there is one, and a model's categories, see `readCategories` of `@spatiallock/core/modules`.
 * Where both know a phrase, the category counts, whose label is its name.
 */
export function withCategories(
  words: CaptionWords | undefined,
  categories: readonly Category[],
): CaptionWords {
  const { labelOf, aspectOf } = checkObject(words ?? {}, 'words') as Partial<CaptionWords>;
  if (words) checkFunction(labelOf, 'words.labelOf');
  checkCallback(aspectOf, 'words.aspectOf');
  const taught = parseCategories(categories, 'categories');
  const find = phraseMatcher(labelNames(taught.map(({ name }) => name)));
  const aspects = new Map(taught.map(({ name, aspect }) => [name, aspect]));
  return {
    labelOf: (phrase) => find(phrase)?.label ?? labelOf?.(phrase),
    aspectOf: (label) => aspects.get(label) ?? aspectOf?.(label),
  };
}
