// Hyphens of words that models with few words know: "dump truck" and "dump-truck" are the same to people.

import { checkList, checkMethods, checkObject, checkText } from '../checks/index.js';
import type { Layout, objectLists } from './layout.js';

const WORD = /[\p{L}\p{N}]+(?:-[\p{L}\p{N}]+)*/gu;
/** Parts of a word at most. */
const PARTS = 4;

/**
 * A text with hyphens as the known words have them, where a word of it is not known: "dump truck" becomes "dump-truck" where
 * that one is known, and "hard-hat" becomes "hard hat" where both are.
 */
export function knownSpelling(text: string, known: ReadonlySet<string>): string {
  const plain = checkText(text, 'text').normalize('NFC');
  checkMethods(known, ['has'], 'known', 'a set of words');
  const words = Array.from(plain.matchAll(WORD), (match) => ({
    word: match[0].toLowerCase(),
    start: match.index,
    end: match.index + match[0].length,
  }));
  const isJoined = words.map(
    (_, i) => i > 0 && /^\s+$/.test(plain.slice(words[i - 1]!.end, words[i]!.start)),
  );
  const joined = new Set<number>();
  for (const [i, { word }] of words.entries()) {
    if (known.has(word) || joined.has(i)) continue;
    const [from, to] = knownRun(words, isJoined, i, known) ?? [i, i];
    for (let each = from + 1; each <= to; each++) joined.add(each);
  }
  let spelled = '';
  for (const [i, { word, start, end }] of words.entries()) {
    const isFirst = i === 0;
    spelled += joined.has(i) ? '-' : plain.slice(isFirst ? 0 : words[i - 1]!.end, start);
    const isParted =
      !known.has(word) &&
      !joined.has(i) &&
      !joined.has(i + 1) &&
      word.split('-').every((part) => known.has(part));
    const own = plain.slice(start, end);
    spelled += isParted ? own.replaceAll('-', ' ') : own;
  }
  return words.length === 0 ? text : spelled + plain.slice(words.at(-1)!.end);
}

/** The first and the last of words around word `at` that are a known word with hyphens between them. */
function knownRun(
  words: readonly { readonly word: string }[],
  isJoined: readonly boolean[],
  at: number,
  known: ReadonlySet<string>,
): readonly [from: number, to: number] | undefined {
  for (let from = Math.max(0, at - PARTS + 1); from <= at; from++) {
    for (let to = Math.max(at, from + 1); to < Math.min(words.length, from + PARTS); to++) {
      const run = words.slice(from, to + 1).map(({ word }) => word);
      if (isJoined.slice(from + 1, to + 1).every(Boolean) && known.has(run.join('-'))) return [from, to];
    }
  }
  return undefined;
}

/** A layout whose texts have hyphens as the known words have them; see `checkWords` for `lists`. */
export function inKnownSpelling(
  layout: Layout,
  known: readonly string[],
  lists?: ReturnType<typeof objectLists>,
): Layout {
  checkList(checkObject(layout, 'layout').objects, 'layout.objects', 'objects');
  const set = new Set(checkList(known, 'known', 'words') as readonly string[]);
  const spell = (text: string): string => knownSpelling(text, set);
  const { prompt, negativePrompt } = layout;
  const spelled = (lists ?? [['objects', layout.objects] as const])
    .filter(([, objects]) => objects.length > 0)
    .map(([field, objects]) => [
      field,
      objects.map((object) => ({ ...object, phrase: spell(object.phrase) })),
    ]);
  return {
    ...layout,
    prompt: spell(prompt),
    ...(negativePrompt === undefined ? {} : { negativePrompt: spell(negativePrompt) }),
    ...Object.fromEntries(spelled),
  };
}
