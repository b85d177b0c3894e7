// A caption's words, and what they do in its noun phrases.

import { wordsOf } from '@spatiallock/core/pipeline';

const setOf = (words: string): ReadonlySet<string> => new Set(words.split(' '));

/** What leads to a place: "under the stars". */
export const prepositions = setOf(
  'above across against along amid among around at before behind below beneath beside between by in inside near on onto over through to toward towards under with without',
);

/** What a name that follows is not there by. */
export const negations = setOf('no not nor neither without');

/** Determiners of one thing. */
export const ones = setOf('a an another each every this that');

/** Determiners that tell no number. */
export const determiners: ReadonlySet<string> = new Set([
  ...ones,
  ...'the these those my your his her its our their own all any more most other'.split(' '),
]);

/** Which one of several is meant: "the first cat". */
export const ordinals = setOf('first second third fourth last');

/** What joins noun phrases, and their adjectives. */
export const conjunctions = setOf('and or nor');

/** What says something of a thing named before: "the sky is blue". */
export const verbs = setOf('is are was were');

/** Words that no adjective stands before. */
export const borders: ReadonlySet<string> = new Set([
  ...[...prepositions, ...negations, ...determiners, ...conjunctions, ...verbs],
  ...', of from for there next front it who which but then plus vs versus'.split(' '),
  ...'than instead except excluding lacking'.split(' '),
]);

/** Words of colours. */
export const colours: ReadonlySet<string> = new Set([
  ...'red orange yellow green blue purple violet pink brown black white grey gray golden beige turquoise cyan'.split(
    ' ',
  ),
  ...'magenta teal'.split(' '),
]);

/** Adjectives that may share a noun: "two red and three blue cars". Of other words one cannot tell them from names. */
export const shared: ReadonlySet<string> = new Set([
  ...colours,
  ...'dark bright pale colorful colourful big large huge giant small little tiny tall short long wide'.split(
    ' ',
  ),
  ...'narrow thick thin fat old new young modern wooden striped spotted dotted shiny happy sad wild fluffy'.split(
    ' ',
  ),
  ...'cute fresh open closed empty full broken clean dirty wet dry'.split(' '),
]);

/** "1,250" is "1 thousand 250": four digits in one would be a year. */
const inThousands = (number: string): string => {
  const [rest, thousands, millions] = number.split(',').reverse().map(Number);
  return `${millions ? `${millions} million ` : ''}${thousands} thousand ${rest}`;
};

/** The possessive of a plural as that of a singular: "the dogs' ball", but not the end of a quotation, as in 'two dogs'. */
const ownersOf = (caption: string): string => {
  let isQuoted = false;
  return caption.replace(/(?<=^|[\s(])['‘]|(?<=\p{L})['’](?!\p{L})/gu, (mark, at: number) => {
    const opens = !/\p{L}/u.test(caption[at - 1] ?? '');
    const isOwner =
      !opens && !isQuoted && /s/i.test(caption[at - 1]!) && /^\s+\p{L}/u.test(caption.slice(at + 1));
    isQuoted = opens;
    return isOwner ? "'s" : mark;
  });
};

/** "12-inch" of 12", but not the end of a quotation, as in "route 66". */
const inchesOf = (caption: string): string =>
  caption.replace(/(?<=^|\s)(\d+)\s?["″](?=\s)/g, (text, number: string, at: number) =>
    /(?:^|\s)"[^"]*$/.test(caption.slice(0, at)) ? text : `${number}-inch`,
  );

/** Words in lower case. Ends of sentences and items of lists are commas, "&" and "/" are "and", "2x" is "2", "isn't" is "is not". */
export const captionWords = (caption: string): string[] =>
  wordsOf(
    ownersOf(inchesOf(caption))
      .replace(/n['’]t\b/giu, ' not')
      .replace(/(?<=^|\s)w\/(o?)(?=\s|$)/giu, (_, out: string) => (out ? 'without' : 'with'))
      .replace(/(?<=\p{L})\s*\/\s*(?=\p{L})/gu, ' and ')
      .replace(/(?<=^|\s)[#•·](?=\s*\p{L})/gu, ' , ')
      .replace(/[;|]|[.:!?]+(?=\s|$)|(?<=^|\s)[-–—]+|—|\n/gu, ' , ')
      .replace(/[&+]/g, ' and ')
      .replace(/(?<![\d,.])\d{1,3}(?:,\d{3}){1,2}(?![\d,])/g, inThousands)
      .replace(/(?<=^|\s)(\d+)\s?[x×](?=\s)/giu, '$1'),
  );
