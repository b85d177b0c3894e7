// Things that a caption has named before: "a dog on a beach. The dog is brown."

import { colours, ordinals } from './captionWords.js';
import type { Determiner } from './nounPhrase.js';

/** What is told of things: their label, how many, and the words that describe them. */
export interface Told {
  readonly label: string;
  readonly count: number;
  /** Adjectives, one word each. */
  readonly words: readonly string[];
}

/** A mention of things in a caption. */
export interface Mention extends Told {
  readonly isPlural: boolean;
  readonly determiner?: Determiner | undefined;
  /** The words between it and the name before. */
  readonly joint: readonly string[];
}

const DEFINITE: ReadonlySet<string> = new Set('the this these both each every'.split(' '));
const NEW: ReadonlySet<string> = new Set('other another more'.split(' '));

const hasAny = (determiner: Determiner | undefined, words: ReadonlySet<string>): boolean =>
  determiner?.words.some((word) => words.has(word)) ?? false;

const isDefinite = ({ determiner }: Mention): boolean =>
  hasAny(determiner, DEFINITE) && !hasAny(determiner, NEW);

/** Whether a mention speaks of things that were told before: "the dogs" after "two dogs", "the black cat" after that cat. */
export function isToldAgain(mention: Mention, before: readonly Told[]): boolean {
  if (!isDefinite(mention)) return false;
  const fitting = before.filter((told) => told.label === mention.label && mayBe(told, mention));
  const known = fitting.reduce((sum, { count }) => sum + count, 0);
  // "The second dog" is one of several.
  const isOneOfSeveral = hasAny(mention.determiner, ordinals);
  return known >= Math.max(mention.count, isOneOfSeveral ? 2 : 1);
}

/** A red car is not "the blue car"; it may be "the big car". */
function mayBe({ words }: Told, mention: Told): boolean {
  const own = words.filter((word) => colours.has(word));
  const asked = mention.words.filter((word) => colours.has(word));
  return own.length === 0 || asked.every((word) => own.includes(word));
}

/**
 * Whether later mentions tell one by one what that at `at` names together: "two cats, one black cat and one white
 * cat". They have as many things of its label, and follow it at once, or have adjectives of their own.
 */
export function areToldApart(mentions: readonly Mention[], at: number): boolean {
  const whole = mentions[at]!;
  if (!whole.isPlural || whole.words.length > 0 || whole.count < 2) return false;
  const parts: Mention[] = [];
  let left = whole.count;
  for (let i = at + 1; i < mentions.length; i++) {
    const mention = mentions[i]!;
    if (mention.label !== whole.label) continue;
    parts.push(mention);
    left -= mention.count;
    if (left <= 0) break;
  }
  if (left !== 0 || parts.length < 2 || !parts.every(isPart)) return false;
  const between = mentions.slice(at + 1, mentions.indexOf(parts[0]!) + 1).flatMap(({ joint }) => joint);
  // "Two dogs, a black dog and a white dog" is a list like any other; "one black dog" divides them.
  const isCounted = parts.every(
    ({ determiner }) => determiner?.count !== undefined || hasAny(determiner, NEW),
  );
  const isAtOnce = between.join(' ') === ',' && mentions[at + 1] === parts[0] && isCounted;
  // "Two dogs, a cat, a black dog ..." goes on with others; after "on a bus," the list has ended.
  const isAfterList = between.at(-1) === ',' && between.some((word) => word !== ',');
  return isAtOnce || (isAfterList && parts.every(({ words }) => words.length > 0));
}

/** "The first cat" is one of those that were told together. */
const isPart = (mention: Mention): boolean => mention.determiner !== undefined && !isDefinite(mention);
