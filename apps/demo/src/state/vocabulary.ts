// Phrases to choose from, and what is wrong with those that were typed; both by the words that the model learnt.

import { messageOf } from '@spatiallock/core';
import { checkWords, inKnownSpelling, wordsIn } from '@spatiallock/core/pipeline';
import { allPhrases } from '@spatiallock/scenes/web';
import { without } from './caption.js';
import type { Drawing } from './drawing.js';
import { promptOf } from './drawing.js';

const MOST = 8;
/** Letters. */
const LONGEST_PHRASE = 200;
const LONGEST_CAPTION = 1000;
const ARTICLE = /^(an?|the) /;

/** Phrases such as "a red apple" whose every word the model learnt. */
export function phrasesFor(words: readonly string[] | undefined): readonly string[] {
  const known = words && new Set(words);
  return allPhrases().filter(
    (phrase) => /^an? /.test(phrase) && (!known || wordsIn(phrase).every((word) => known.has(word))),
  );
}

/** Up to eight ways to go on from `text`: whole phrases first, else words that complete the last one. */
export function completions(
  text: string,
  phrases: readonly string[],
  words: readonly string[] = [],
): readonly string[] {
  const typed = text.toLowerCase().trimStart();
  const bare = typed.replace(ARTICLE, '').trim();
  if (bare === '' || bare === 'a' || bare === 'an') return phrases.filter(isPlain).slice(0, MOST);
  const rank = (phrase: string): number => {
    const own = phrase.replace(ARTICLE, '');
    if (own === bare) return 0;
    if (own.startsWith(bare)) return 1;
    if (own.split(' ').some((word) => word.startsWith(bare))) return 2;
    return 3;
  };
  const found = phrases
    .map((phrase) => ({ phrase, rank: rank(phrase) }))
    .filter((entry) => entry.rank < 3)
    .sort((a, b) => a.rank - b.rank || a.phrase.length - b.phrase.length)
    .map(({ phrase }) => phrase);
  return found.length > 0 ? found.slice(0, MOST) : wordCompletions(typed, words);
}

/** Two words: an article and a noun. */
const isPlain = (phrase: string): boolean => phrase.split(' ').length === 2;

function wordCompletions(typed: string, words: readonly string[]): readonly string[] {
  const last = /[\p{L}\p{N}-]+$/u.exec(typed)?.[0];
  if (last === undefined) return [];
  const head = typed.slice(0, typed.length - last.length);
  return words
    .filter((word) => word.startsWith(last) && word !== last)
    .slice(0, MOST)
    .map((word) => head + word);
}

export interface FieldErrors {
  readonly prompt?: string;
  readonly negativePrompt?: string;
  /** One for each object. */
  readonly phrases: readonly (string | undefined)[];
}

/** What core would refuse, at the field where it stands. An empty phrase is unfinished and not yet a fault. */
export function fieldErrors(drawing: Drawing, words: readonly string[] | undefined): FieldErrors {
  const { negativePrompt } = drawing;
  const phrases = drawing.objects.map(({ phrase, box }) =>
    phrase.trim() === ''
      ? undefined
      : (tooLong(phrase, LONGEST_PHRASE) ?? faultOf({ prompt: '', objects: [{ phrase, box }] }, words)),
  );
  // Faults of phrases are shown there, and not again at a caption that holds them.
  const faulty = drawing.objects.filter((_, i) => phrases[i] !== undefined).map(({ phrase }) => phrase);
  const written = drawing.prompt.trim() !== '';
  const captionFault = (text: string) =>
    tooLong(text, LONGEST_CAPTION) ?? faultOf({ prompt: text, objects: [] }, words);
  const prompt = written ? captionFault(without(promptOf(drawing), faulty)) : undefined;
  const negative = captionFault(negativePrompt);
  return {
    phrases,
    ...(prompt === undefined ? {} : { prompt }),
    ...(negative === undefined ? {} : { negativePrompt: negative }),
  };
}

const tooLong = (text: string, most: number): string | undefined =>
  text.length > most ? `${text.length} letters are too many; at most ${most} fit` : undefined;

function faultOf(
  layout: Parameters<typeof checkWords>[0],
  words: readonly string[] | undefined,
): string | undefined {
  if (!words) return undefined;
  try {
    checkWords(inKnownSpelling(layout, words), words);
    return undefined;
  } catch (cause) {
    // The field's name is left out: the fault is shown at the field.
    return messageOf(cause).replace(/^[^:]+: /, '');
  }
}
