// English plurals of names.

import { checkText } from './checks/index.js';

const irregular: Readonly<Record<string, string>> = {
  child: 'children',
  foot: 'feet',
  goose: 'geese',
  man: 'men',
  mouse: 'mice',
  person: 'people',
  tooth: 'teeth',
  woman: 'women',
};
const singulars = Object.fromEntries(Object.entries(irregular).map(([one, many]) => [many, one]));

/** Names of several that are those of one, and plurals: "sheep", "scissors". */
const UNCHANGED = /(?:sheep|deer|fish|craft)$|(?<![aiosu]|len)s$/;
const MAN = /man$/;
/** Nouns that end with the letters of "man" and are none of it. */
const NO_MAN = /(?:cai|ger|hu|otto|ro|sha|talis)man$/;
const TO_VES = /(?:(?:cal|el|hal|lea|loa|scar|sel|shea|shel|thie|wol)f|(?:kni|li|wi)fe)$/;
const TO_OES = /(?:buffalo|echo|hero|mango|mosquito|potato|tomato|torpedo|volcano)$/;

/** What ends the noun that a name is about: "bowl with a spoon". */
const AFTER_NOUN = new Set(['of', 'with', 'without', 'in', 'on', 'for', 'from']);

/**
 * The plural of a name in English: of its last word, or of the one before "of", "with" and the like. A plural stays as it is.
 *
 * @example pluralOf('hard hat') // 'hard hats'
 * @example pluralOf('box of nails') // 'boxes of nails'
 */
export function pluralOf(name: string): string {
  const words = checkText(name, 'name').trim().split(/\s+/);
  const end = words.findIndex((word, i) => i > 0 && AFTER_NOUN.has(word.toLowerCase()));
  const head = (end < 0 ? words.length : end) - 1;
  return words.with(head, pluralWord(words[head]!)).join(' ');
}

function pluralWord(word: string): string {
  const small = word.toLowerCase();
  if (word === '' || UNCHANGED.test(small)) return word;
  if (Object.hasOwn(irregular, small)) return irregular[small]!;
  const stem = (letters: number): string => word.slice(0, -letters);
  if (MAN.test(small) && !NO_MAN.test(small)) return `${stem(2)}en`;
  if (TO_VES.test(small)) return `${small.endsWith('e') ? stem(2) : stem(1)}ves`;
  if (/[^aeiou]y$/.test(small)) return `${stem(1)}ies`;
  return /(?:s|x|z|ch|sh)$/.test(small) || TO_OES.test(small) ? `${word}es` : `${word}s`;
}

/** What the singular of an English word may be, likeliest first; none where it has no plural's ending. */
export function singularForms(word: string): string[] {
  checkText(word, 'word');
  if (Object.hasOwn(singulars, word)) return [singulars[word]!];
  if (word.endsWith('men')) return [`${word.slice(0, -2)}an`];
  if (!word.endsWith('s') || word.endsWith('ss')) return [];
  const stem = (letters: number): string => word.slice(0, -letters);
  return [
    ...(word.endsWith('ies') ? [`${stem(3)}y`] : []),
    ...(word.endsWith('ves') ? [`${stem(3)}f`, `${stem(3)}fe`] : []),
    stem(1),
    ...(word.endsWith('es') ? [stem(2)] : []),
  ];
}
