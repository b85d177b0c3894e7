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

/** Names of several that are those of one, and plurals: "sheep", "scissors", "cameras". */
const UNCHANGED = /(?:sheep|deer|fish|craft)$|(?<![aiosu]|len)s$|[ao]s$|(?<!abdo|o|ra|speci|sta)men$/;
/** Names of one that end as plurals do. */
const ONE = /(?:alias|atlas|bias|canvas|christmas|gas|pancreas|asbestos|chaos|cosmos|rhinoceros|thermos)$/;
/** Names of one that are plurals, and have no other singular. */
const PAIRS =
  /(?:binoculars|clothes|goggles|headphones|jeans|pants|pliers|scissors|shorts|tongs|trousers|tweezers|(?:eye|reading |safety |sun)glasses)$/;
/** Plurals that are those of one as well. */
const SERIES = /(?:news|series|species)$/;
/** Plurals whose singular ends in "ie". */
const OF_IE = /^(?:.{1,2}|.*(?:brown|cook|hood|mov|self|smooth|zomb))ies$/;
/** What has its plural in "es" alone. */
const TO_ES = /(?:ss|x|z|ch|sh|lens|gas|canvas|atlas|(?:^|mini|omni)bus|(?:act|alr|amp|itr|oct?op|vir)us)$/;
const MAN = /man$/;
/** Nouns that end with the letters of "man" and are none of it. */
const NO_MAN = /(?:cai|ger|hu|otto|ro|sha|talis)man$/;
const TO_VES = /(?:(?:cal|el|hal|lea|loa|scar|sel|shea|shel|thie|wol)f|(?:kni|li|wi)fe)$/;
const TO_OES = /(?:buffalo|echo|hero|mango|mosquito|potato|tomato|torpedo|volcano)$/;

/** English is written in these letters; digits and signs may stand among them. */
const LATIN = /^[^\p{L}]*\p{Script=Latin}(?:\p{Script=Latin}|[^\p{L}])*$/u;

/** What ends the noun that a name is about: "bowl with a spoon". */
const AFTER_NOUN = new Set(['of', 'with', 'without', 'in', 'on', 'for', 'from']);

/**
 * The plural of a name in English: of its last word, or of the one before "of", "with" and the like. A plural stays as it is, and
 * so does a name in another script than Latin.
 *
 * @example pluralOf('hard hat') // 'hard hats'
 * @example pluralOf('box of nails') // 'boxes of nails'
 */
export function pluralOf(name: string): string {
  const { words, head } = nounOf(name);
  return words.with(head, pluralWord(words[head]!)).join(' ');
}

/**
 * The singular of a name that is an English plural. Undefined where it is none, and where it has no other singular.
 *
 * @example singularOf('hard hats') // 'hard hat'
 * @example singularOf('bus') // undefined, as of 'scissors'
 */
export function singularOf(name: string): string | undefined {
  const { words, head } = nounOf(name);
  const word = words[head]!;
  const whole = words.join(' ').toLowerCase();
  if (pluralWord(word) !== word || PAIRS.test(whole) || SERIES.test(whole)) return undefined;
  const small = word.toLowerCase();
  const forms = singularForms(Object.hasOwn(singulars, small) ? small : word);
  const fitting = forms.filter((form) => pluralWord(form) === word || Object.hasOwn(singulars, small));
  const likeliest =
    fitting.find((form) =>
      OF_IE.test(small) ? form.endsWith('ie') : TO_ES.test(form) || TO_OES.test(form),
    ) ?? fitting[0];
  return likeliest === undefined ? undefined : words.with(head, likeliest).join(' ');
}

/** Whether a name stands without an article: a plural that has no singular, as "scissors". */
export const isPair = (name: string): boolean => PAIRS.test(checkText(name, 'name').trim().toLowerCase());

/** The words of a name, and the place of the noun that it is about. */
function nounOf(name: string): { readonly words: readonly string[]; readonly head: number } {
  const words = checkText(name, 'name').trim().split(/\s+/);
  const end = words.findIndex((word, i) => i > 0 && AFTER_NOUN.has(word.toLowerCase()));
  return { words, head: (end < 0 ? words.length : end) - 1 };
}

function pluralWord(word: string): string {
  const small = word.toLowerCase();
  if (!LATIN.test(word) || Object.hasOwn(singulars, small)) return word;
  if (UNCHANGED.test(small) && !ONE.test(small)) return word;
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
