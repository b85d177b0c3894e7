// What a caption names: things with a label, how many, and the words that describe them.

import { checkFunction, checkText } from '@spatiallock/core/checks';
import { singularForms, wordsOf } from '@spatiallock/core/pipeline';

/** The label of what a phrase names, or undefined; a detector's, see `labelling` of core. */
export type LabelOf = (phrase: string) => string | undefined;

/** Things of one kind that a caption names. */
export interface NamedThings {
  readonly label: string;
  /** For one of them: "a red apple". */
  readonly phrase: string;
  readonly count: number;
}

/** Words of a name at most. */
const NAME_WORDS = 5;
/** Adjectives before a name at most. */
const ADJECTIVES = 3;
/** Of plurals without a number. */
const SOME = 2;
/** Digits that may name a kind as well as a number. */
const MODEL_NUMBER = /^\d{3}$/;

const counts: Readonly<Record<string, number>> = {
  ...{ a: 1, an: 1, the: 1, one: 1, two: 2, three: 3, four: 4, five: 5, six: 6, seven: 7, eight: 8, nine: 9 },
  ...{ ten: 10, eleven: 11, twelve: 12, thirteen: 13, fourteen: 14, fifteen: 15, sixteen: 16, seventeen: 17 },
  ...{ eighteen: 18, nineteen: 19, twenty: 20, both: 2, couple: 2, pair: 2, some: 3, several: 3, few: 3 },
  ...{ many: 5, lot: 5, lots: 5, dozen: 12, no: 0, zero: 0 },
};

/** What leads to a place: "under the stars". */
const prepositions = new Set(
  'above across against along amid among around at before behind below beneath beside between by in inside near on onto over through to toward towards under with without'.split(
    ' ',
  ),
);

/** Words that no adjective stands before. */
const borders = new Set([
  ...prepositions,
  ...', and or of from for there is are was were next front it its that which who'.split(' '),
]);

/** Words of a caption that name a thing: from `start` to before `end`. */
interface Name {
  readonly label: string;
  readonly start: number;
  readonly end: number;
}

/**
 * The things that a caption names, in its order, by a reader of plain English noun phrases: numbers, articles, adjectives and
 * plurals. A plural without a number is two. What stands after a preposition as "the" and a plural is a place, and no thing:
 * "under the stars".
 *
 * @example namedThings('two red apples and a cat', labelOf)
 * // [{ label: 'apple', phrase: 'a red apple', count: 2 }, { label: 'cat', phrase: 'a cat', count: 1 }]
 */
export function namedThings(caption: string, labelOf: LabelOf): NamedThings[] {
  checkText(caption, 'caption');
  checkFunction(labelOf, 'labelOf');
  const words = wordsOf(caption);
  const names = namesIn(words, labelOf);
  return names.flatMap((name, i) => thingsOf(words, name, names[i - 1]?.end ?? 0, labelOf) ?? []);
}

function namesIn(words: readonly string[], labelOf: LabelOf): Name[] {
  const names: Name[] = [];
  for (let end = 1; end <= words.length; end++) {
    const last = names.at(-1);
    const name = nameUpTo(words, end, last?.end ?? 0, labelOf);
    const whole =
      last &&
      (wholeName(words, last, end, names.at(-2)?.end ?? 0, labelOf) ??
        joinedName(words, last, name, end, labelOf));
    if (whole) names.splice(-1, 1, whole);
    else if (name) names.push(name);
  }
  return names;
}

/** The longest name that ends before word `end` and begins no earlier than `from`. */
function nameUpTo(words: readonly string[], end: number, from: number, labelOf: LabelOf): Name | undefined {
  let found: Name | undefined;
  for (let start = end - 1; start >= Math.max(from, end - NAME_WORDS); start--) {
    if (words[start] === ',') break;
    const label = labelOf(words.slice(start, end).join(' '));
    // Where the words before the last say it already, the name ends earlier.
    if (label === undefined || label === labelOf(words.slice(start, end - 1).join(' '))) continue;
    if (label !== found?.label) found = { label, start, end };
  }
  return found;
}

/** The longest name that holds the last one and goes on to before word `end`: "truck crane", where "truck" is another thing. */
function wholeName(
  words: readonly string[],
  last: Name,
  end: number,
  from: number,
  labelOf: LabelOf,
): Name | undefined {
  if (words.slice(last.end, end).includes(',')) return undefined;
  const labelFrom = (start: number): string | undefined => labelOf(words.slice(start, end).join(' '));
  let found: Name | undefined;
  for (let start = last.start; start >= Math.max(from, end - NAME_WORDS); start--) {
    if (words[start] === ',') break;
    const label = labelFrom(start);
    // What the words after the first say already begins there, or is a name of its own.
    if (label === undefined || label === last.label || label === labelFrom(start + 1)) continue;
    found = { label, start, end };
  }
  return found;
}

/** "Teddy bear" and "a cup of coffee" are one thing each, though "bear" and "cup" are others. */
function joinedName(
  words: readonly string[],
  last: Name,
  name: Name | undefined,
  end: number,
  labelOf: LabelOf,
): Name | undefined {
  const start = name?.start ?? end - 1;
  if (name && start === last.end) return { ...name, start: last.start };
  const between = words.slice(last.end, start);
  if (between[0] !== 'of' || between.length > 2) return undefined;
  const label = labelOf(words.slice(last.start, end).join(' '));
  const isNew = name !== undefined || label !== last.label;
  return label !== undefined && isNew ? { label, start: last.start, end } : undefined;
}

function thingsOf(
  words: readonly string[],
  { label, start, end }: Name,
  from: number,
  labelOf: LabelOf,
): NamedThings | undefined {
  const noun = words.slice(start, end);
  const singular = singularOf(noun, label, labelOf);
  // "A 747 airplane" is one, and "100 airplanes" are many.
  const countIn = (word = ''): number | undefined =>
    MODEL_NUMBER.test(word) && singular === undefined ? undefined : countOf(word);
  let first = start;
  // A letter is what is left of "the dog's ball".
  const isBorder = (word: string): boolean =>
    word.length === 1 || borders.has(word) || countIn(word) !== undefined;
  while (first > from && start - first < ADJECTIVES && !isBorder(words[first - 1]!)) first--;
  const given = first > from ? words[first - 1]! : '';
  const [determiner, at] =
    given === 'of' && countIn(words[first - 2]) !== undefined
      ? [words[first - 2]!, first - 2]
      : [given, first - 1];
  const number = countIn(determiner);
  if (number === 0 || words[at - 1] === 'without') return undefined;
  const isPlace = determiner === 'the' && singular !== undefined && prepositions.has(words[at - 1] ?? '');
  if (isPlace) return undefined;
  const isPlural = singular !== undefined && (number === undefined || determiner === 'the');
  const bare = [...words.slice(first, start), ...(singular ?? noun)].join(' ');
  const hasArticle = singular !== undefined || number !== undefined;
  const article = /^[aeiou]/.test(bare) ? 'an' : 'a';
  return { label, phrase: hasArticle ? `${article} ${bare}` : bare, count: isPlural ? SOME : (number ?? 1) };
}

function countOf(word: string): number | undefined {
  if (/^\d{1,3}$/.test(word)) return Number(word);
  return Object.hasOwn(counts, word) ? counts[word] : undefined;
}

/** The words of the singular, where the name is a plural. */
function singularOf(name: readonly string[], label: string, labelOf: LabelOf): string[] | undefined {
  const isSame = (words: readonly string[]): boolean => labelOf(words.join(' ')) === label;
  // "Slices of watermelon": the first word may be the plural one.
  const places = name.length > 1 ? [name.length - 1, 0] : [0];
  for (const place of places) {
    for (const form of singularForms(name[place]!)) {
      const words = name.with(place, form);
      if (isSame(words)) return words;
    }
  }
  return undefined;
}
