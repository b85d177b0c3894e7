// Items that repeat no noun, with adjectives alone: "two cats, one black and the other white".

import { borders, conjunctions, ordinals, prepositions, shared, verbs } from './captionWords.js';
import { numberFrom } from './numberWords.js';

/** Adjectives of an item at most. */
const ADJECTIVES = 3;

/** Of all that no item before counts. */
const REMAINING: ReadonlySet<string> = new Set(['others', 'rest', 'all']);
/** Where one of several is: "the left one", "the one on the left". */
const POSITIONS: ReadonlySet<string> = new Set(
  'left right top bottom upper lower front back middle centre center'.split(' '),
);

/** One or more things: "two blue ones". */
export interface Item {
  readonly adjectives: string;
  /** Undefined of the others: all that no item before counts. */
  readonly count: number | undefined;
  /** Whether it is one of those named before: "the other white". */
  readonly isOther: boolean;
  /** Whether it begins with an article: "a black one". */
  readonly hasArticle: boolean;
  readonly start: number;
  readonly end: number;
}

/** Lists of items that begin at word `from`, or after a comma or an "and" before word `to`; joined by commas and "and". */
export function itemsFrom(words: readonly string[], from: number, to: number): Item[] {
  const items: Item[] = [];
  let listEnd = from;
  for (let at = from; at <= to || at === listEnd; ) {
    const mayBegin = at === listEnd || isJoint(words[at]);
    const item = mayBegin ? itemFrom(words, jointEnd(words, at)) : undefined;
    if (item) items.push(item);
    at = item ? item.end : at + 1;
    if (item) listEnd = at;
  }
  return items;
}

const isJoint = (word = ''): boolean => word === ',' || conjunctions.has(word);

function jointEnd(words: readonly string[], from: number): number {
  let end = from;
  while (isJoint(words[end])) end++;
  return end;
}

function itemFrom(words: readonly string[], start: number): Item | undefined {
  const head = headFrom(words, start);
  if (!head) return undefined;
  let at = head.end;
  const isOfThem = words[at] === 'of' && /^(?:them|these|those|which)$/.test(words[at + 1] ?? '');
  if (isOfThem) at += 2;
  if (verbs.has(words[at] ?? '')) at++;
  const first = at;
  at = adjectivesEnd(words, at);
  if (at === first) return undefined;
  const adjectives = words.slice(first, at).join(' ');
  // "One red one blue": the second begins another item.
  const hasOne = words[at] === 'ones' || (words[at] === 'one' && !shared.has(words[at + 1] ?? ''));
  if (hasOne) at++;
  // "Two cats, a red ..." may go on with a name that is not known.
  if (!hasOne && head.needsOne) return undefined;
  const endsHere = at >= words.length || borders.has(words[at]!) || headFrom(words, at) !== undefined;
  if (!endsHere) return undefined;
  const isOther = head.isOther || isOfThem;
  return { adjectives, count: head.count, isOther, hasArticle: head.needsOne, start, end: at };
}

/** Also of "black and white". */
function adjectivesEnd(words: readonly string[], start: number): number {
  let end = start;
  while (end - start < ADJECTIVES && shared.has(words[end] ?? '')) end++;
  const isPair = end > start && words[end] === 'and' && shared.has(words[end + 1] ?? '');
  return isPair ? end + 2 : end;
}

interface Head extends Pick<Item, 'count' | 'isOther' | 'end'> {
  readonly needsOne: boolean;
}

/** What an item begins with: a number, an article, "the other". */
function headFrom(words: readonly string[], start: number): Head | undefined {
  const isThe = words[start] === 'the';
  const at = isThe ? start + 1 : start;
  const word = words[at] ?? '';
  if (REMAINING.has(word)) return { count: undefined, isOther: true, end: at + 1, needsOne: false };
  if (word === 'other') {
    const number = numberFrom(words, at + 1);
    return { count: number?.count ?? 1, isOther: true, end: number?.end ?? at + 1, needsOne: false };
  }
  if (ordinals.has(word) || (isThe && POSITIONS.has(word))) {
    const end = words[at + 1] === 'one' ? at + 2 : at + 1;
    return { count: 1, isOther: true, end, needsOne: false };
  }
  if (isThe) return placedHead(words, at);
  if (word === 'both') return { count: 2, isOther: true, end: at + 1, needsOne: false };
  if (word === 'another') return { count: 1, isOther: false, end: at + 1, needsOne: false };
  if (word === 'a' || word === 'an') return { count: 1, isOther: false, end: at + 1, needsOne: true };
  const number = numberFrom(words, at);
  return number && { ...number, isOther: false, needsOne: false };
}

/** "The one on the left". */
function placedHead(words: readonly string[], at: number): Head | undefined {
  const [one = '', preposition = '', article = '', position = ''] = words.slice(at, at + 4);
  const isPlaced =
    one === 'one' && prepositions.has(preposition) && article === 'the' && POSITIONS.has(position);
  return isPlaced ? { count: 1, isOther: true, end: at + 4, needsOne: false } : undefined;
}
