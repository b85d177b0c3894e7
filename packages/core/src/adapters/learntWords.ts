// Which words of texts a model has to learn.

import { checkIterable, checkList } from '../checks/index.js';
import { wordsIn } from '../pipeline/words.js';
import { pluralOf } from '../plurals.js';

/** Words that a model has to learn. */
export interface LearntWords {
  /** Those of the texts, each once, sorted. */
  readonly words: readonly string[];
  /** Plurals of them that no text holds, each with its singular: "forklifts" is read as "forklift". */
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
 * forklifts". `names` are those of one thing each: "hard hat".
 */
export function learntWords(
  texts: Iterable<string>,
  names: Iterable<string>,
  known: readonly string[],
): LearntWords {
  const words = unknownWords(texts, known);
  checkIterable(names, 'names', 'names of things');
  const held = new Set([...known, ...words]);
  const plurals = new Map<string, string>();
  for (const name of names) {
    const [one, many] = [wordsIn(name), wordsIn(pluralOf(name))];
    many.forEach((word, i) => {
      if (words.includes(one[i]!) && !held.has(word)) plurals.set(word, one[i]!);
    });
  }
  return { words, plurals };
}
