// Which of some names a phrase ends with.

import { checkIterable, checkObject, checkText } from './checks/index.js';
import { pluralOf, singularOf } from './plurals.js';

/** The words of a text in lower case; a comma is one. */
export const wordsOf = (text: string): string[] =>
  checkText(text, 'text')
    .toLowerCase()
    .normalize('NFC')
    .match(/[\p{L}\p{N}-]+|,/gu) ?? [];

/** A name of something with a label: "puppy" of the label "dog". */
export interface LabelName {
  readonly label: string;
  readonly name: string;
}

/** The label that a phrase names, and where its name stands in the phrase. */
export interface NamedPhrase {
  readonly label: string;
  /** Words of the phrase that are the name: from `start` to before `end`. */
  readonly start: number;
  readonly end: number;
}

/**
 * Finds the name that a phrase is about, or undefined. The name that ends last decides, for adjectives come before it ("an
 * orange cat" is a cat); among those the longest, so that "a coffee cup" is not cut short. Hyphens and spaces are alike, where
 * no other name is spelled so.
 */
export function phraseMatcher(names: Iterable<LabelName>): (phrase: string) => NamedPhrase | undefined {
  checkIterable(names, 'names', 'names { label, name }');
  const given = Array.from(names, (each) => checkObject(each, 'names') as unknown as LabelName);
  const known = [...given, ...respelled(given)]
    .map(({ label, name }) => ({ label, words: wordsOf(name) }))
    .filter(({ words }) => words.length > 0);
  return (phrase) => {
    const words = wordsOf(phrase);
    let best: NamedPhrase | undefined;
    for (const { label, words: name } of known) {
      const start = lastIndexOf(words, name);
      if (start < 0) continue;
      const end = start + name.length;
      if (!best || end > best.end || (end === best.end && start < best.start)) best = { label, start, end };
    }
    return best;
  };
}

/**
 * Each label with its plural, as people misspell that one, and with its singular where it is a plural itself, for detectors that
 * know their labels by one name each.
 */
export function labelNames(labels: Iterable<string>): LabelName[] {
  checkIterable(labels, 'labels', 'texts');
  return Array.from(labels).flatMap((label) => {
    const names = [label, pluralOf(label), `${label}s`, `${label}es`, singularOf(label) ?? label];
    return names.map((name) => ({ label, name }));
  });
}

/** The names with spaces for their hyphens, and with hyphens for spaces: "dump truck" for "dump-truck". */
const respelled = (names: readonly LabelName[]): LabelName[] =>
  names.flatMap(({ label, name }) => {
    const words = wordsOf(name);
    return [words.join(' ').replaceAll('-', ' '), words.join('-')]
      .filter((other) => other !== words.join(' '))
      .map((other) => ({ label, name: other }));
  });

function lastIndexOf(words: readonly string[], name: readonly string[]): number {
  for (let start = words.length - name.length; start >= 0; start--) {
    if (name.every((word, i) => words[start + i] === word)) return start;
  }
  return -1;
}
