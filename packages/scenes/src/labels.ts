// Which class of the scenes a phrase names.

import { wordsOf } from './captions.js';
import { classes } from './classes.js';

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
export function labelOf(phrase: string): string | undefined {
  const words = wordsOf(phrase);
  let best: { label: string; end: number; length: number } | undefined;
  for (const { label, words: name } of names) {
    const start = lastIndexOf(words, name);
    if (start < 0) continue;
    const [end, length] = [start + name.length, name.length];
    if (!best || end > best.end || (end === best.end && length > best.length)) best = { label, end, length };
  }
  return best?.label;
}

function lastIndexOf(words: readonly string[], name: readonly string[]): number {
  for (let start = words.length - name.length; start >= 0; start--) {
    if (name.every((word, i) => words[start + i] === word)) return start;
  }
  return -1;
}
