// How labels of data sets are said.

import { checkText } from '@spatiallock/core/checks';
import { isPair, singularOf } from '@spatiallock/core/pipeline';

const ARTICLE = /^(an?|the)(\s+|$)/i;

/** A label without its article; empty where it is nothing else. */
export const bareName = (label: string): string => checkText(label, 'label').trim().replace(ARTICLE, '');

/** What a label names, one of it: "hard hat", also where the data set says "hard hats". */
export const nameOfOne = (label: string): string => singularOf(label) ?? label;

/** "a hard hat", "an apple", "scissors". */
export function withArticle(label: string): string {
  const name = nameOfOne(bareName(label));
  return isPair(name) ? name : `${/^[aeiou]/i.test(name) ? 'an' : 'a'} ${name}`;
}
