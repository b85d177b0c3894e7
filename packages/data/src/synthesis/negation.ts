// Which names of a caption are said not to be there.

import { negations, ones } from './captionWords.js';

/** What ends words that negate the name after them, the last word last. */
const PHRASES: readonly string[] = [
  ...['instead of', 'rather than', 'free of', 'devoid of', 'except', 'except for', 'excluding', 'lacking'],
  ...['have', 'has', 'contain', 'include', 'show', 'wear', 'wearing', 'hold', 'holding', 'carrying'].map(
    (verb) => `not ${verb}`,
  ),
];

/** What stands before a name, and whether the name has a number or an article. */
export interface Place {
  readonly joint: readonly string[];
  readonly hasDeterminer: boolean;
}

/** Whether the words before a name negate it: "no", "without", "instead of". */
export function isNegated(joint: readonly string[]): boolean {
  const last = joint.at(-1) ?? '';
  // "A not so big dog" is a dog.
  if (last === 'not' && ones.has(joint.at(-2) ?? '')) return false;
  const text = ` ${joint.slice(-2).join(' ')}`;
  return negations.has(last) || PHRASES.some((phrase) => text.endsWith(` ${phrase}`));
}

/** For each name whether what stands before it lists it with the one before: "no cats, dogs or birds", "without cats and dogs". */
export function alternativesOf(places: readonly Place[]): boolean[] {
  const all = new Array<boolean>(places.length).fill(false);
  // A comma lists where an "or" follows.
  let isList = false;
  for (const [i, { joint, hasDeterminer }] of [...places.entries()].reverse()) {
    const isListed = joint.length > 0 && joint.every((word) => [',', 'or', 'nor'].includes(word));
    isList = isListed && (isList || joint.some((word) => word !== ','));
    all[i] = isList || (joint.length === 1 && joint[0] === 'and' && !hasDeterminer);
  }
  return all;
}
