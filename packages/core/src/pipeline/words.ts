// Models that learnt few words say so, instead of drawing something else.

import { checkList, checkObject, checkText } from '../checks/index.js';
import { nearestNames } from '../checks/nearest.js';
import { showValue } from '../checks/showValue.js';
import { checkFiles, type FileSource } from '../io/files.js';
import { decodeUtf8, parseJson } from '../io/text.js';
import type { Layout, objectLists } from './layout.js';
import { wordAdvice } from './wordAdvice.js';

const NEAREST = 3;

/** The words of a text in lower case; hyphens join, other signs part. */
export function wordsIn(text: string): string[] {
  checkText(text, 'text');
  return (
    text
      .normalize('NFC')
      .toLowerCase()
      .match(/[\p{L}\p{N}]+(?:-[\p{L}\p{N}]+)*/gu) ?? []
  );
}

/** Emoji and other signs that mean something, each with what modifies it; punctuation is none. */
export const signsIn = (text: string): string[] =>
  checkText(text, 'text')
    .normalize('NFC')
    .match(/(?![©®™°])(?:\p{So}|\p{Extended_Pictographic})[\p{Sk}\p{M}\u200d]*/gu) ?? [];

/** Where the list lies that no declaration names. */
export const WORDS = 'tokenizer/words.json';

/**
 * The words that a model knows, from the file that its declaration names or from tokenizer/words.json; undefined where there
 * is none, and any word may be used. Rejects where the declared file is missing.
 */
export async function readWords(
  files: FileSource,
  declared?: string,
): Promise<readonly string[] | undefined> {
  checkFiles(files);
  const path = declared ?? WORDS;
  const bytes = await files.read(path);
  if (!bytes && declared !== undefined) {
    throw new Error(`spatiallock.json: vocabulary: there is no ${path} in the model directory`);
  }
  if (!bytes) return undefined;
  const words = parseJson(decodeUtf8(bytes, path), path);
  if (Array.isArray(words) && words.length > 0 && words.every((word) => typeof word === 'string'))
    return words;
  throw new Error(`${path}: must be a list of words`);
}

/**
 * Throws at the first word of a layout that is not in `known`; the error names the field and the nearest words. `lists` are
 * the objects, and those in fields of plugins.
 */
export function checkWords(
  layout: Layout,
  known: readonly string[],
  lists?: ReturnType<typeof objectLists>,
): void {
  checkList(checkObject(layout, 'layout').objects, 'layout.objects', 'objects');
  checkList(known, 'known', 'words');
  const { prompt, negativePrompt = '' } = layout;
  const set = new Set(known);
  const check = (field: string, text: string): void => {
    const unknown = [...wordsIn(text), ...signsIn(text)].find((word) => !set.has(word));
    if (unknown === undefined) return;
    throw new Error(
      `${field}: the model never learnt ${showValue(unknown)}; ${wordAdvice(unknown, field, set) ?? nearest(unknown, known)}`,
    );
  };
  check('prompt', prompt);
  check('negativePrompt', negativePrompt);
  for (const [field, list] of lists ?? [['objects', layout.objects] as const]) {
    for (const [i, { phrase }] of list.entries()) {
      check(`${field}[${i}].phrase`, phrase);
      if (wordsIn(phrase).length === 0) {
        throw new Error(
          `${field}[${i}].phrase: holds no word that the model knows; say what stands in the box`,
        );
      }
    }
  }
}

const nearest = (word: string, known: readonly string[]): string =>
  `nearest known words: ${nearestWords(word, known).join(', ')}`;

/** The known words that take the fewest edits, nearest first; of equals the first in the list. */
export function nearestWords(word: string, known: readonly string[], count = NEAREST): string[] {
  checkText(word, 'word');
  checkList(known, 'known', 'words');
  return nearestNames(
    word,
    known.filter((other) => wordsIn(other).length > 0),
    count,
  );
}
