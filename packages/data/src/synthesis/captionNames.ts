// The words of a caption that name things.

import { singularForms } from '@spatiallock/core/pipeline';
import { borders, colours, determiners, ones, shared } from './captionWords.js';
import { numberFrom } from './numberWords.js';

/** The label of what a phrase names, or undefined; a detector's, see `labelling` of core. */
export type LabelOf = (phrase: string) => string | undefined;

/** Words of a caption that name a thing: from `start` to before `end`. */
export interface Name {
  readonly label: string;
  readonly start: number;
  readonly end: number;
}

/** Words of a name at most. */
const NAME_WORDS = 5;

/** What mass nouns are counted by, with adjectives between: "three slices of cheese pizza". */
const MEASURES: ReadonlySet<string> = new Set(
  'slice piece head portion scoop glass bottle can mug pot plate bowl cup bag box basket loaf'.split(' '),
);
const MEASURED_WORDS = 2;

/** The names in a caption's words, in their order; none over another. */
export function namesIn(words: readonly string[], labelOf: LabelOf): Name[] {
  const names = namesOf(words, labelOf).filter((name, i, all) => !isColourOf(words, name, all[i + 1]));
  return names.map((name, i) => withMeasure(words, name, names[i - 1]?.end ?? 0, labelOf));
}

/** A mass noun with what it is counted by. A plural counts by itself: "a box of donuts". */
function withMeasure(words: readonly string[], name: Name, from: number, labelOf: LabelOf): Name {
  let of = name.start - 1;
  while (of > from && name.start - of <= MEASURED_WORDS && !borders.has(words[of]!)) of--;
  const measure = of > from && words[of] === 'of' ? words[of - 1]! : '';
  // "A red pair of scissors"; of "two pairs of scissors" the pairs are a number.
  const isPair = /^pairs?$/.test(measure) && of - 2 >= from && shared.has(words[of - 2]!);
  const isMeasure = isPair || [measure, ...singularForms(measure)].some((form) => MEASURES.has(form));
  const isPlural = singularOf(words.slice(name.start, name.end), name.label, labelOf) !== undefined;
  return isMeasure && !isPlural ? { ...name, start: of - 1 } : name;
}

/** The words of the singular, where a name is a plural. */
export function singularOf(name: readonly string[], label: string, labelOf: LabelOf): string[] | undefined {
  const isSame = (words: readonly string[]): boolean => labelOf(words.join(' ')) === label;
  // "Slices of watermelon": the first word may be the plural one.
  const places = name.length > 1 ? [name.length - 1, 0] : [0];
  for (const place of places) {
    for (const form of singularForms(name[place]!)) {
      const words = name.with(place, form);
      if (isSame(words)) return words;
    }
  }
  // "Bowls with spoons" are each a bowl.
  const head = name.indexOf('with');
  return head > 0 ? singularOf(name.slice(0, head), label, labelOf) : undefined;
}

function namesOf(words: readonly string[], labelOf: LabelOf): Name[] {
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

/** "Alarm clock" and "a cup of coffee" are one thing each, though "clock" and "cup" are others. */
function joinedName(
  words: readonly string[],
  last: Name,
  name: Name | undefined,
  end: number,
  labelOf: LabelOf,
): Name | undefined {
  const start = name?.start ?? end - 1;
  const whole = (): string | undefined => labelOf(words.slice(last.start, end).join(' '));
  // Of "teddy bear" the first word alone may name it, and the last one another thing.
  if (name && start === last.end) {
    const label = whole() ?? name.label;
    // "White and orange cats": the name before is an adjective like the one before that.
    const isListed = words[last.start - 1] === 'and' && colours.has(words[last.start - 2] ?? '');
    const isColour = isListed && start - last.start === 1 && colours.has(words[last.start]!);
    return isColour && label === name.label ? name : { label, start: last.start, end };
  }
  const between = words.slice(last.end, start);
  if (!/^(?:of|with)$/.test(between[0] ?? '') || between.length > 2) return undefined;
  const label = whole();
  // "A bowl with a spoon" is one thing where the whole is a name, for else the last word decided.
  if (between[0] === 'with' && (!name || label !== last.label)) return undefined;
  // "A bowl of apples", "the ball of a dog".
  const isApart =
    determiners.has(between[1] ?? '') || singularOf(words.slice(start, end), label ?? '', labelOf);
  if (name && label === name.label && isApart) return undefined;
  const isNew = name !== undefined || label !== last.label;
  return label !== undefined && isNew ? { label, start: last.start, end } : undefined;
}

/** What a thing does or is, or a part of it, after a colour's word that names it: "an orange lay on the table", "an orange slice". */
const OF_THING =
  /(?:ing|ed)$|^(?:lay|fell|sat|hung|cut|half|halves|slices?|wedges?|each|only|alone|too|etc|.)$/;

/** Whether a colour's word is the adjective of something else: "an orange sky", "an orange and white cat". */
function isColourOf(words: readonly string[], { start, end }: Name, later: Name | undefined): boolean {
  if (end - start !== 1 || !colours.has(words[start]!)) return false;
  // "An orange slice of pizza", "an orange pair of scissors".
  if (words[end + 1] === 'of' && !borders.has(words[end]!)) return true;
  const listEnd = coloursEnd(words, end);
  const next = words[listEnd] ?? ',';
  if (borders.has(next) || numberFrom(words, listEnd) !== undefined) return false;
  if (listEnd > end) return true;
  if (shared.has(next)) return !borders.has(words[end + 1] ?? ',');
  const between = words.slice(end, later?.start);
  const isBeforeName =
    later && between.length < MEASURED_WORDS + 1 && !between.some((word) => borders.has(word));
  // "An orange sailing boat": one boat without an article is no object of a verb.
  if (isBeforeName && (!OF_THING.test(next) || !words[later.end - 1]!.endsWith('s'))) return true;
  // "An orange sits" has a verb, "orange leaves" are several.
  const isVerb = ones.has(words[start - 1] ?? '') && /[^s]s$/.test(next);
  return !OF_THING.test(next) && !isVerb;
}

/** Where a list of colours ends that goes on from a first one: ", white and black". */
function coloursEnd(words: readonly string[], from: number): number {
  let end = from;
  let isListed = false;
  while (/^(?:,|and)$/.test(words[end] ?? '') && colours.has(words[end + 1] ?? '')) {
    isListed ||= words[end] === 'and';
    end += 2;
  }
  return isListed ? end : from;
}
