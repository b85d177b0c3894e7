// What a caption names: things with a label, how many, and the words that describe them.

import { checkFunction, checkText } from '@spatiallock/core/checks';
import { isPair } from '@spatiallock/core/pipeline';
import { type LabelOf, type Name, namesIn, singularOf } from './captionNames.js';
import { captionWords, prepositions, shared } from './captionWords.js';
import { isListedLater, type Mention, refersBack } from './coreference.js';
import { countOf, type Noun, type NounPhrase, SOME } from './countedPhrase.js';
import { areFurther, ownerOf } from './itemOwner.js';
import { alternativesOf, isNegated } from './negation.js';
import { type Item, itemsFrom } from './nounlessItems.js';
import { type AdjectiveGroup, adjectiveGroups } from './nounPhrase.js';

export type { LabelOf } from './captionNames.js';

/** Things of one kind that a caption names. */
export interface NamedThings {
  readonly label: string;
  /** For one of them: "a red apple". */
  readonly phrase: string;
  readonly count: number;
}

/**
 * The things that a caption names, in its order, by a reader of plain English noun phrases: numbers, articles, adjectives,
 * also those that share a noun, and plurals. A plural without a number is two. What stands after a preposition as "the" and a
 * plural is a place, and no thing: "under the stars". What is negated is none: "without cats or dogs". Items without a noun are
 * of the kind before: "three cats, one black and the others white". A mention that refers back adds nothing: "a dog on a beach. The dog
 * is brown", "two cats, one black cat and one white cat".
 *
 * @example namedThings('two red and three blue cars', labelOf)
 * // [{ label: 'car', phrase: 'a red car', count: 2 }, { label: 'car', phrase: 'a blue car', count: 3 }]
 */
export function namedThings(caption: string, labelOf: LabelOf): NamedThings[] {
  checkText(caption, 'caption');
  checkFunction(labelOf, 'labelOf');
  const words = captionWords(caption);
  const phrases = withOnes(words, withItems(words, nounPhrases(words, labelOf)));
  const joints = phrases.map(({ groups }, i) => words.slice(phrases[i - 1]?.end ?? 0, groups[0]!.start));
  const mentions = phrases.map((phrase, i) => mentionOf(phrase, joints[i]!));
  const things: NamedThings[] = [];
  const earlier: Mention[] = [];
  const alternatives = alternativesOf(
    mentions.map(({ joint, determiner }) => ({ joint, hasDeterminer: determiner !== undefined })),
  );
  let wasNegated = false;
  for (const [i, phrase] of phrases.entries()) {
    const isOut: boolean = isNegated(joints[i]!) || (wasNegated && alternatives[i]!);
    const mention = mentions[i]!;
    if (!isOut && !isListedLater(mentions, i)) {
      if (!refersBack(mention, earlier)) things.push(...thingsOf(words, phrase));
      earlier.push(mention);
    }
    wasNegated = isOut || phrase.groups.at(-1)!.determiner?.count === 0;
  }
  return things;
}

function nounPhrases(words: readonly string[], labelOf: LabelOf): NounPhrase[] {
  const nouns = namesIn(words, labelOf).map((name): Noun => {
    const noun = words.slice(name.start, name.end);
    const singular = singularOf(noun, name.label, labelOf);
    return { ...name, noun: singular ?? noun, isPlural: singular !== undefined };
  });
  const phrases: NounPhrase[] = [];
  for (const noun of nouns) {
    const before = phrases.at(-1);
    // "Two orange and three blue cars": many are named by the plural, so that the word is an adjective.
    if (before && isColour(before) && joins(words, before, noun)) phrases.pop();
    phrases.push(phraseOf(words, noun, phrases.at(-1)?.end ?? 0));
  }
  return phrases;
}

const phraseOf = (words: readonly string[], noun: Noun, from: number): NounPhrase => ({
  ...noun,
  groups: adjectiveGroups({ words, from, isPlural: noun.isPlural }, noun.start),
  items: [],
  listEnd: noun.end,
});

const mentionOf = (phrase: NounPhrase, joint: readonly string[]): Mention => ({
  label: phrase.label,
  isPlural: phrase.isPlural,
  count: phrase.groups.reduce((sum, { determiner }) => sum + countOf(phrase, determiner), 0),
  adjectives: phrase.groups.flatMap(({ runs }) => runs.flat()),
  determiner: phrase.groups[0]!.determiner,
  joint,
});

const isColour = ({ noun, isPlural, groups }: NounPhrase): boolean =>
  !isPlural && noun.length === 1 && shared.has(noun[0]!) && (groups.at(-1)!.determiner?.count ?? 0) > 1;

/** Whether "and" and a number lead from a name to the next one. */
const joins = (words: readonly string[], before: Name, next: Noun): boolean =>
  next.isPlural && words[before.end] === 'and' && next.start - before.end <= 4;

/** With the items that follow each name, without the names in them: "one orange and one black". */
function withItems(words: readonly string[], phrases: readonly NounPhrase[]): NounPhrase[] {
  const all: NounPhrase[] = [];
  for (const [i, phrase] of phrases.entries()) {
    if (phrase.start < (all.at(-1)?.listEnd ?? 0)) continue;
    const items = itemsAfter(words, phrases, i);
    all.push({ ...phrase, listEnd: items.at(-1)?.end ?? phrase.end });
    const owner = ownerOf(words, all, items);
    all[owner] = { ...all[owner]!, items };
  }
  return all;
}

/** The items that follow the phrase `at` before the next one. */
function itemsAfter(words: readonly string[], phrases: readonly NounPhrase[], at: number): readonly Item[] {
  const { end } = phrases[at]!;
  const nextName = phrases[at + 1]?.start ?? words.length;
  const items = itemsFrom(words, end, nextName);
  const listEnd = items.at(-1)?.end ?? end;
  let within = 0;
  while ((phrases[at + 1 + within]?.start ?? listEnd) < listEnd) within++;
  const next = phrases[at + 1 + within];
  const belongToNext = next !== undefined && listEnd > next.groups[0]!.start;
  // "A dog and one orange": alone, a colour's word names a thing.
  return belongToNext || (within > 0 && items.length === 1) ? [] : items;
}

/** With what "ones" says: "two red cars and three blue ones". It names nothing new where the name before has no adjective. */
function withOnes(words: readonly string[], phrases: readonly NounPhrase[]): NounPhrase[] {
  return phrases.flatMap((phrase, i) => {
    const all = [phrase];
    const end = phrases[i + 1]?.start ?? words.length;
    if (phrase.groups.every(({ runs }) => runs.flat().length === 0)) return all;
    for (let at = phrase.listEnd + 1; at < end; at++) {
      const word = words[at]!;
      if ((word !== 'ones' && word !== 'one') || !shared.has(words[at - 1]!)) continue;
      const noun = { ...phrase, start: at, end: at + 1, isPlural: word === 'ones' };
      all.push(phraseOf(words, noun, all.at(-1)!.end));
    }
    return all;
  });
}

function thingsOf(words: readonly string[], phrase: NounPhrase): NamedThings[] {
  const { groups, items } = phrase;
  const named = groups.flatMap((group) => thingsOfGroup(words, phrase, group));
  if (items.length === 0 || named.length === 0) return named;
  const hasAdjectives = groups.some(({ runs }) => runs.flat().length > 0);
  if (!hasAdjectives || items.some(({ isOther }) => isOther) || areFurther(phrase)) {
    return (named.length === 1 ? partsOf(phrase, named[0]!) : undefined) ?? named;
  }
  // "A red car and two blue" are three.
  return [...named, ...items.map((item) => thingOf(phrase, item.adjectives, item.count ?? SOME))];
}

/** What the items make of things that were named together; undefined where they count more than were named. */
function partsOf(phrase: NounPhrase, whole: NamedThings): NamedThings[] | undefined {
  const { groups, items, isPlural } = phrase;
  const [{ runs, determiner }] = groups as [AdjectiveGroup];
  const hasRemaining = items.some(({ count }) => count === undefined);
  const counted = items.reduce((sum, { count = 0 }) => sum + count, 0);
  const isCounted = determiner?.count !== undefined;
  if (!isPlural || (isCounted && counted > whole.count)) return undefined;
  const left = isCounted ? whole.count - counted : hasRemaining ? SOME : 0;
  const adjectives = runs.map((run) => run.join(' ')).join(' and ');
  const parts = items.map((item) =>
    thingOf(phrase, [item.adjectives, adjectives].join(' ').trim(), item.count ?? left),
  );
  const others = { ...whole, count: hasRemaining ? 0 : left };
  return [others, ...parts].filter(({ count }) => count > 0);
}

function thingOf({ label, noun }: Noun, adjectives: string, count: number, hasArticle = true): NamedThings {
  const bare = [...(adjectives === '' ? [] : [adjectives]), ...noun].join(' ');
  const article = /^[aeiou]/.test(bare) ? 'an' : 'a';
  return {
    label,
    phrase: hasArticle && (!isPair(bare) || noun[0] === 'pair') ? `${article} ${bare}` : bare,
    count,
  };
}

function thingsOfGroup(words: readonly string[], phrase: NounPhrase, group: AdjectiveGroup): NamedThings[] {
  const { isPlural } = phrase;
  const { runs, isListed, determiner } = group;
  // Each adjective of a list has a thing, where there is no number.
  const least = isPlural && isListed && !determiner ? runs.length : 0;
  const count = Math.max(least, countOf(phrase, determiner));
  // "With the dogs" and "near the two trees" are no places.
  const isThe = determiner !== undefined && determiner.words[0] === 'the' && determiner.count === undefined;
  const before = words[group.start - 1] ?? '';
  if (count === 0 || (isThe && isPlural && before !== 'with' && prepositions.has(before))) return [];
  const thing = (adjectives: string, many: number): NamedThings =>
    thingOf(phrase, adjectives, many, isPlural || determiner !== undefined);
  const texts = runs.map((run) => run.join(' '));
  // "Two red and blue cars" are one of each, "a black and white cat" is one.
  if (isListed && count >= runs.length) {
    return texts.map((text, i) => thing(text, Math.ceil((count - i) / texts.length)));
  }
  const last = texts.at(-1)!;
  const text = isListed ? `${texts.slice(0, -1).join(' ')} and ${last}` : texts.join(' ');
  return [thing(text, count)];
}
