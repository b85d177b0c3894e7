// How labels of data sets are said.

import { checkText } from './checks/index.js';
import { isPair, singularOf } from './plurals.js';

const ARTICLE = /^(an?|the)(\s+|$)/i;

/** A label without its article; empty where it is nothing else. */
export const bareName = (label: string): string => checkText(label, 'label').trim().replace(ARTICLE, '');

/** What a label names, one of it: "hard hat", also where the data set says "hard hats". */
export const nameOfOne = (label: string): string => singularOf(label) ?? label;

/**
 * A label as captions say it: "a hard hat", also of "hard hats"; "an apple", "scissors".
 *
 * @example withArticle('hard hats') // 'a hard hat'
 */
export function withArticle(label: string): string {
  const name = nameOfOne(bareName(label));
  return isPair(name) ? name : `${/^[aeiou]/i.test(name) ? 'an' : 'a'} ${name}`;
}
