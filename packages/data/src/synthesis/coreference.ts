// Coreference: mentions of things that the caption has already named, such as "a dog on a beach. The dog is brown."

import { colours, ordinals } from './captionWords.js';
import type { Determiner } from './nounPhrase.js';

/** A mention of one or more things in a caption. */
export interface Mention {
  readonly label: string;
  /** How many things it names. */
  readonly count: number;
  /** One word each. */
  readonly adjectives: readonly string[];
  readonly isPlural: boolean;
  readonly determiner?: Determiner | undefined;
  /** The words between it and the previous name. */
  readonly joint: readonly string[];
}

const DEFINITE: ReadonlySet<string> = new Set('the this these both each every'.split(' '));
const NEW: ReadonlySet<string> = new Set('other another more'.split(' '));

const hasAny = (determiner: Determiner | undefined, words: ReadonlySet<string>): boolean =>
  determiner?.words.some((word) => words.has(word)) ?? false;

const isDefinite = ({ determiner }: Mention): boolean =>
  hasAny(determiner, DEFINITE) && !hasAny(determiner, NEW);

/** Whether a mention refers to things that earlier mentions named: "the dogs" after "two dogs", "the black cat" after "a black cat". */
export function refersBack(mention: Mention, earlier: readonly Mention[]): boolean {
  if (!isDefinite(mention)) return false;
  const candidates = earlier.filter((each) => each.label === mention.label && hasColoursOf(each, mention));
  const known = candidates.reduce((sum, { count }) => sum + count, 0);
  // "The second dog" is one of several.
  const isOneOfSeveral = hasAny(mention.determiner, ordinals);
  return known >= Math.max(mention.count, isOneOfSeveral ? 2 : 1);
}

/** "The blue car" does not refer to "a red car"; "the big car" may. */
function hasColoursOf({ adjectives }: Mention, mention: Mention): boolean {
  const own = adjectives.filter((word) => colours.has(word));
  const asked = mention.adjectives.filter((word) => colours.has(word));
  return own.length === 0 || asked.every((word) => own.includes(word));
}

/**
 * Whether later mentions name one by one what the mention at index `at` names as a group: "two cats, one black cat and one
 * white cat". They name as many things with its label, and either follow it directly or have adjectives.
 */
export function isListedLater(mentions: readonly Mention[], at: number): boolean {
  const whole = mentions[at]!;
  if (!whole.isPlural || whole.adjectives.length > 0 || whole.count < 2) return false;
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
  return isAtOnce || (isAfterList && parts.every(({ adjectives }) => adjectives.length > 0));
}

/** Not "the first cat": it refers to one of the group. */
const isPart = (mention: Mention): boolean => mention.determiner !== undefined && !isDefinite(mention);
