// Which words of texts a model has to learn.

import { checkIterable, checkList } from '../checks/index.js';
import { wordsIn } from '../pipeline/words.js';
import { pluralOf, singularOf } from '../plurals.js';

/** Words that a model has to learn. */
export interface LearntWords {
  /** Those of the texts, each once, sorted. */
  readonly words: readonly string[];
  /**
   * Words that are read as another one, each with that: "forklifts" as "forklift", and where captions say the plural alone the
   * singular as that. Those that texts hold are among `words`, too.
   */
  readonly plurals: ReadonlyMap<string, string>;
}

/** The words of texts that are not in `known`, each once, sorted. */
export function unknownWords(texts: Iterable<string>, known: readonly string[]): string[] {
  checkIterable(texts, 'texts', 'texts');
  checkList(known, 'known', 'words');
  const set = new Set(known);
  const found = new Set<string>();
  for (const text of texts) for (const word of wordsIn(text)) if (!set.has(word)) found.add(word);
  return [...found].sort();
}

/**
 * The words of texts that are not in `known`, and the plurals of `names` that they make: who learns "forklift" asks for "two
 * forklifts". `names` are those of one thing each: "hard hat"; one that is a plural, as data sets name classes, stands for its
 * singular, too.
 */
export function learntWords(
  texts: Iterable<string>,
  names: Iterable<string>,
  known: readonly string[],
): LearntWords {
  const words = unknownWords(texts, known);
  checkIterable(names, 'names', 'names of things');
  const [old, fresh] = [new Set(known), new Set(words)];
  const plurals = new Map<string, string>();
  for (const name of names) {
    const singular = singularOf(name);
    const [one, many] = [wordsIn(singular ?? name), wordsIn(pluralOf(name))];
    many.forEach((plural, i) => {
      const single = one[i]!;
      if (plural === single) return;
      if (!old.has(plural) && (fresh.has(single) || (singular !== undefined && old.has(single))))
        plurals.set(plural, single);
      else if (fresh.has(plural) && !old.has(single)) plurals.set(single, plural);
    });
  }
  return { words, plurals };
}
