// Which class of the scenes a phrase names.

import { wordsOf } from './captions.js';
import { classes } from './classes.js';
import { type ColourWord, colours } from './colours/rule.js';

interface Name {
  readonly label: string;
  readonly words: readonly string[];
}

const names: readonly Name[] = classes.flatMap(({ label, nouns }) =>
  nouns.flatMap(({ bare, many }) => [bare, many].map((name) => ({ label, words: wordsOf(name) }))),
);

/**
 * The label of the class that a phrase names, or undefined.
 *
 * The noun that ends last decides, for adjectives come before it ("an orange cat" is a cat); among those the
 * longest, so that "a coffee cup" is not cut short.
 */
export const labelOf = (phrase: string): string | undefined => nameIn(wordsOf(phrase))?.label;

interface Found {
  readonly label: string;
  readonly start: number;
  readonly end: number;
}

function nameIn(words: readonly string[]): Found | undefined {
  let best: Found | undefined;
  for (const { label, words: name } of names) {
    const start = lastIndexOf(words, name);
    if (start < 0) continue;
    const end = start + name.length;
    if (!best || end > best.end || (end === best.end && start < best.start)) best = { label, start, end };
  }
  return best;
}

/** The colour word that a phrase gives to what it names ("the blue puppy"), or undefined. */
export function colourOf(phrase: string): ColourWord | undefined {
  const words = wordsOf(phrase);
  const noun = nameIn(words);
  const before = noun ? words.slice(0, noun.start) : words;
  return (
    colours.findLast((colour) => before.includes(colour)) ?? (before.includes('gray') ? 'grey' : undefined)
  );
}

function lastIndexOf(words: readonly string[], name: readonly string[]): number {
  for (let start = words.length - name.length; start >= 0; start--) {
    if (name.every((word, i) => words[start + i] === word)) return start;
  }
  return -1;
}
