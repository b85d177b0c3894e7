// What stands before the name of a thing: adjectives, determiners and numbers, of several groups where they share a noun.

import { borders, conjunctions, determiners, ordinals, prepositions, shared, verbs } from './captionWords.js';
import { isModelNumber, numberBefore } from './numberWords.js';

/** Adjectives before a name at most. */
const ADJECTIVES = 3;

/** A number before one of them is a measure: "a two year old dog". */
const UNITS: ReadonlySet<string> = new Set([
  ...'year years month months week weeks day days hour hours foot feet inch inches meter meters metre'.split(
    ' ',
  ),
  ...'metres mile miles cm mm km kg pound pounds ton tons story storey'.split(' '),
]);

/** Determiners and numbers before a noun; `start` is that of the first. */
export interface Determiner {
  readonly count?: number;
  readonly words: readonly string[];
  readonly start: number;
}

/** Adjectives under one determiner, in runs that "and" or a comma joins: "two [red] and [blue] cars". */
export interface AdjectiveGroup {
  readonly runs: readonly (readonly string[])[];
  /** Whether "and" is among what joins the runs. */
  readonly isListed: boolean;
  readonly determiner?: Determiner;
  readonly start: number;
}

interface Reader {
  readonly words: readonly string[];
  /** Where the name before ends. */
  readonly from: number;
  readonly isPlural: boolean;
}

/** The groups of adjectives of the name that begins at word `noun`, in their order: at least one, which may be empty. */
export function adjectiveGroups(reader: Reader, noun: number): AdjectiveGroup[] {
  const groups: AdjectiveGroup[] = [];
  const { words } = reader;
  for (let end = noun; ; ) {
    const group = groupBefore(reader, end, end === noun);
    const isOwn = end === noun;
    // Adjectives without a determiner of their own may belong to a name that is not known.
    if (!group || (!isOwn && !group.determiner)) return groups;
    groups.unshift(group);
    const joint = jointBefore(words, group.start, reader.from);
    // "Two cats, one black, and a dog": what has no adjective shares its noun with none.
    if (group.runs.flat().length === 0) return groups;
    if (!group.determiner || joint === undefined || !shared.has(words[joint - 1] ?? '')) return groups;
    end = joint;
  }
}

function groupBefore(reader: Reader, end: number, isOwn: boolean): AdjectiveGroup | undefined {
  const { words, from } = reader;
  let start = runStart(reader, end);
  if (!isOwn && start === end) return undefined;
  const own: AdjectiveGroup = { runs: [words.slice(start, end)], isListed: false, start };
  let determiner = determinerBefore(reader, start);
  const alone = determiner ? { ...own, determiner, start: determiner.start } : own;
  const runs = [...own.runs];
  let isListed = false;
  while (!determiner && runs[0]!.length > 0) {
    const joint = jointBefore(words, start, from);
    // "An orange and white plates": the word before is a name.
    if (joint === undefined || joint <= from || !shared.has(words[joint - 1]!)) break;
    isListed ||= words.slice(joint, start).some((word) => conjunctions.has(word));
    start = runStart(reader, joint);
    runs.unshift(words.slice(start, joint));
    determiner = determinerBefore(reader, start);
  }
  const before = start > from ? words[start - 1]! : '';
  // "The sky is blue and red ..." and "in white, red ..." tell of something else.
  const isOther = !determiner && (verbs.has(before) || (!isListed && prepositions.has(before)));
  if (runs.length === 1 || isOther) return alone;
  return { runs, isListed, start: determiner?.start ?? start, ...(determiner ? { determiner } : {}) };
}

/** Where the adjectives that end before word `end` begin. */
function runStart({ words, from, isPlural }: Reader, end: number): number {
  let start = end;
  const isBorder = (at: number): boolean =>
    // "Dogs chase cats": what follows a name says what that does.
    (at === from && from > 0 && !shared.has(words[at]!)) ||
    // A letter is what is left of "the dog's ball".
    /^\D$/u.test(words[at]!) ||
    borders.has(words[at]!) ||
    isOrdinal(words, at) ||
    (isNumber(words, at, isPlural) && !(start < end && UNITS.has(words[start]!)));
  while (start > from && end - start < ADJECTIVES && !isBorder(start - 1)) start--;
  return start;
}

/** "The first cat" is one of those that were named, "a first class" something else. */
const isOrdinal = (words: readonly string[], at: number): boolean =>
  ordinals.has(words[at]!) && words[at - 1] === 'the';

const isNumber = (words: readonly string[], at: number, isPlural: boolean): boolean =>
  numberBefore(words, at + 1, at) !== undefined && (isPlural || !isModelNumber(words[at]!));

/** Of several numbers the first counts: "three of the five cats". */
function determinerBefore({ words, from, isPlural }: Reader, end: number): Determiner | undefined {
  let start = end;
  let count: number | undefined;
  for (;;) {
    const number = start > from && numberBefore(words, start, from);
    const before = start > from ? words[start - 1]! : '';
    if (number && (isPlural || !isModelNumber(before))) ({ count, start } = number);
    else if (determiners.has(before) || (start > from && isOrdinal(words, start - 1))) start--;
    else if (before === 'of' && numberBefore(words, start - 1, from)) start--;
    else break;
  }
  if (start === end) return undefined;
  return { words: words.slice(start, end), start, ...(count === undefined ? {} : { count }) };
}

/** Where "and", "or" or a comma before word `end` begins. */
function jointBefore(words: readonly string[], end: number, from: number): number | undefined {
  let start = end;
  while (start > from && end - start < 2 && (words[start - 1] === ',' || conjunctions.has(words[start - 1]!)))
    start--;
  return start < end ? start : undefined;
}
