// Parts of a prompt that count more or less than the rest, written as two programs that many prompts were written for read them.

import { checkText, showValue } from '../checks/index.js';

/**
 * Whose reading of brackets counts. Both: (word) counts 1.1 times, (word:1.3) 1.3 times, and \( and \) are brackets as such.
 * `a1111`, of AUTOMATIC1111's web UI: weights of brackets in brackets are multiplied, [word] counts 1 / 1.1 times, and a
 * bracket that stays open reaches to the end. `comfyui`: a number stands for itself, whatever is around it, and square
 * brackets and brackets without a partner are text.
 */
export type PromptWeighting = 'a1111' | 'comfyui';

/** Every `PromptWeighting`. */
export const promptWeightings: readonly PromptWeighting[] = ['a1111', 'comfyui'];

/** A part of a prompt without the signs that weight it. */
export interface WeightedPart {
  readonly text: string;
  readonly weight: number;
}

const MORE = 1.1;
/** The largest weight either way: far beyond what still gives pictures. */
export const MOST_WEIGHT = 100;

/** The parts of a prompt, in order, none of them empty. Throws where more than 100 brackets stand in each other. */
export function weightedParts(text: string, weighting: PromptWeighting): readonly WeightedPart[] {
  checkText(text, 'text');
  return joined(weighting === 'a1111' ? multipliedParts(text) : nestedParts(text));
}

/** Throws an error that begins with `path` where a part counts more than `MOST_WEIGHT` times. */
export function checkWeights(parts: readonly WeightedPart[], path: string): void {
  const wrong = parts.find(({ weight }) => Math.abs(weight) > MOST_WEIGHT);
  if (wrong === undefined) return;
  throw new Error(
    `${path}: ${showValue(wrong.text)} has a weight of ${Number(wrong.weight.toPrecision(6))}; at most ${MOST_WEIGHT} counts`,
  );
}

/** Neighbours of one weight as one part. */
function joined(parts: readonly WeightedPart[]): WeightedPart[] {
  const all: WeightedPart[] = [];
  for (const part of parts) {
    const last = all.at(-1);
    if (part.text === '') continue;
    if (last?.weight === part.weight) all[all.length - 1] = { ...last, text: last.text + part.text };
    else all.push(part);
  }
  return all;
}

const NUMBER = String.raw`[+-]?(?:\d+\.?\d*|\.\d+)`;
/** An escaped sign, a weight with its bracket, a bracket, or what lies between. */
const PIECES = new RegExp(String.raw`\\[\\()[\]]|:\s*${NUMBER}\s*\)|[()[\]]|[^\\()[\]:]+|[\\:]`, 'g');

function multipliedParts(text: string): WeightedPart[] {
  const parts: { text: string; weight: number }[] = [];
  const open = { '(': [] as number[], '[': [] as number[] };
  const multiply = (from: number, factor: number): void => {
    for (const part of parts.slice(from)) part.weight *= factor;
  };
  /** Whether there was a bracket to close. */
  const close = (bracket: '(' | '[', factor: number): boolean => {
    const from = open[bracket].pop();
    if (from !== undefined) multiply(from, factor);
    return from !== undefined;
  };
  for (const piece of text.match(PIECES) ?? []) {
    if (piece === '(' || piece === '[') {
      if (open[piece].push(parts.length) > DEPTH) throw tooDeep();
      continue;
    }
    if (piece === ')' && close('(', MORE)) continue;
    if (piece === ']' && close('[', 1 / MORE)) continue;
    if (piece.length > 1 && piece.startsWith(':') && close('(', weightOf(piece))) continue;
    parts.push({ text: /^\\./.test(piece) ? piece.slice(1) : piece, weight: 1 });
  }
  for (const from of open['(']) multiply(from, MORE);
  for (const from of open['[']) multiply(from, 1 / MORE);
  return parts;
}

/** Of ": 1.3 )". */
const weightOf = (piece: string): number => Number(piece.slice(1, -1));

function nestedParts(text: string): WeightedPart[] {
  const closing = partners(text);
  const parts: WeightedPart[] = [];
  const read = (from: number, to: number, weight: number, depth: number): void => {
    if (depth > DEPTH) throw tooDeep();
    let begin = from;
    for (let at = from; at < to; at++) {
      const end = closing.get(at);
      if (end === undefined) continue;
      parts.push({ text: unescaped(text.slice(begin, at)), weight });
      const tail = text.slice(Math.max(at + 2, end - LONGEST_NUMBER), end);
      const named = OWN_WEIGHT.exec(tail);
      if (named) read(at + 1, end - named[0].length, Number(named[1]), depth + 1);
      else read(at + 1, end, weight * MORE, depth + 1);
      begin = end + 1;
      at = end;
    }
    parts.push({ text: unescaped(text.slice(begin, to)), weight });
  };
  read(0, text.length, 1, 0);
  return parts;
}

const LONGEST_NUMBER = 40;
const OWN_WEIGHT = new RegExp(String.raw`:\s*(${NUMBER})\s*$`);

/** Where each bracket that has a partner is closed; both by their place. */
function partners(text: string): ReadonlyMap<number, number> {
  const open: number[] = [];
  const closing = new Map<number, number>();
  for (let at = 0; at < text.length; at++) {
    const sign = text[at];
    if (sign === '\\' && /[()]/.test(text[at + 1] ?? '')) at++;
    else if (sign === '(') open.push(at);
    else if (sign === ')' && open.length > 0) closing.set(open.pop()!, at);
  }
  return closing;
}

const unescaped = (text: string): string => text.replace(/\\([()])/g, '$1');

/** Brackets in brackets that are read. */
const DEPTH = 100;

const tooDeep = (): Error => new Error(`more than ${DEPTH} brackets stand in each other`);
