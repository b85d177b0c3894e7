// A noun with what stands before it, and how many it names.

import { isPair, pluralOf } from '@spatiallock/core/pipeline';
import type { Name } from './captionNames.js';
import { ones } from './captionWords.js';
import type { Item } from './nounlessItems.js';
import type { AdjectiveGroup, Determiner } from './nounPhrase.js';

/** Of plurals without a number. */
export const SOME = 2;

/** A name with its noun in the singular, as words; "ones" has that of the name before it. */
export interface Noun extends Name {
  readonly noun: readonly string[];
  readonly isPlural: boolean;
}

/** A noun with its determiners and adjectives, and the items after it that repeat no noun: "two cats, one black and one white". */
export interface NounPhrase extends Noun {
  readonly groups: readonly AdjectiveGroup[];
  readonly items: readonly Item[];
  /** Where the items after it end, whether they belong to it or to an earlier phrase. */
  readonly listEnd: number;
}

/** How many things a noun with these words before it names. */
export function countOf({ noun, isPlural }: Noun, determiner: Determiner | undefined): number {
  const { count, words = [] } = determiner ?? {};
  const isOne = words.some((word) => ones.has(word));
  // "Some pizza", where "some sheep" may be several.
  if (!isPlural && words.includes('some') && pluralOf(noun.join(' ')) !== noun.join(' ')) return 1;
  if (count === undefined) return isPlural && !isOne ? SOME : 1;
  // "A pair of scissors" is one thing.
  return isPair(noun.join(' ')) && words.some((word) => /^pairs?$/.test(word)) ? count / 2 : count;
}
