// Which tokens of a prompt say what a phrase says.

import { checkList, checkText } from '../checks/index.js';
import { bareName } from '../names.js';
import { chunkRoom } from './promptChunks.js';
import { type ClipTokenizer, checkTokenizer } from './tokenizer.js';

/**
 * Positions of a phrase's tokens among a prompt's token vectors (start tokens counted), in every place where the prompt
 * has the phrase; without its article where only that is found; empty where neither is. The prompt is a text without
 * weights, or its ids.
 */
export function phraseTokens(
  tokenizer: ClipTokenizer,
  prompt: string | readonly number[],
  phrase: string,
): readonly number[] {
  checkTokenizer(tokenizer);
  checkText(phrase, 'phrase');
  if (typeof prompt !== 'string') checkList(prompt, 'prompt', 'ids');
  const tokens = typeof prompt === 'string' ? tokenizer.encode(prompt) : prompt;
  for (const text of [phrase.trim(), bareName(phrase)]) {
    const found = occurrences(tokenizer, tokens, tokenizer.encode(text));
    if (found.length > 0) return found.map((index) => positionOf(tokenizer, index));
  }
  return [];
}

/** Indices of all tokens of `part` wherever it stands in `tokens` from the beginning of a word on: no cat in a wildcat. */
function occurrences(
  { endsWord }: ClipTokenizer,
  tokens: readonly number[],
  part: readonly number[],
): number[] {
  if (part.length === 0) return [];
  const found: number[] = [];
  for (let at = 0; at + part.length <= tokens.length; ) {
    const begins = at === 0 || endsWord(tokens[at - 1]!);
    const matches = begins && part.every((id, i) => tokens[at + i] === id);
    if (matches) found.push(...part.map((_, i) => at + i));
    at += matches ? part.length : 1;
  }
  return found;
}

/** Each chunk has a start token of its own before its tokens, and an end token and padding behind them. */
function positionOf(tokenizer: ClipTokenizer, index: number): number {
  const room = chunkRoom(tokenizer);
  return Math.floor(index / room) * tokenizer.maxLength + 1 + (index % room);
}
