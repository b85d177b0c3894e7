// Which noun phrase items without a noun belong to.

import { colours } from './captionWords.js';
import { countOf, type NounPhrase } from './countedPhrase.js';
import type { Item } from './nounlessItems.js';

/** Which phrase the items tell of: the last one, or if that is of one thing an earlier one: "two cats and a bus, both black". */
export function ownerOf(
  words: readonly string[],
  phrases: readonly NounPhrase[],
  items: readonly Item[],
): number {
  const last = phrases.length - 1;
  const { isPlural, groups } = phrases[last]!;
  const areOthers = items.length > 0 && items.every(({ isOther }) => isOther);
  if (isPlural || items.some(({ hasArticle }) => hasArticle) || (items.length < 2 && !areOthers)) return last;
  const joint = words.slice(phrases[last - 1]?.listEnd ?? 0, groups[0]!.start);
  // "Two cats, a red bus, one blue ..." goes on with buses; after "and a red bus," the list has ended.
  const isOver = joint.some((word) => word !== ',') && words[items[0]!.start - 1] === ',';
  if (!isOver && !areOthers) return last;
  const owner = phrases.findLastIndex((phrase) => isDividedBy(phrase, items));
  return owner < 0 ? last : owner;
}

/** Whether the items are all the things that a phrase names. */
function isDividedBy(phrase: NounPhrase, items: readonly Item[]): boolean {
  const { isPlural, groups } = phrase;
  const count = groups.length === 1 ? countOf(phrase, groups[0]!.determiner) : 0;
  const counted = items.reduce((sum, item) => sum + (item.count ?? 0), 0);
  const hasRemaining = items.some((item) => item.count === undefined);
  return isPlural && (hasRemaining ? counted < count : counted === count);
}

/** Whether items tell more of the same things: "two big dogs, one black and one white". */
export function areFurther(phrase: NounPhrase): boolean {
  const hasColour = (text: string): boolean => text.split(' ').some((word) => colours.has(word));
  const [own, ...each] = [
    phrase.groups[0]!.runs.flat().join(' '),
    ...phrase.items.map((item) => item.adjectives),
  ];
  const isOtherKind = each.every((adjectives) => hasColour(adjectives) !== hasColour(own!));
  return each.length > 1 && isOtherKind && isDividedBy(phrase, phrase.items);
}
