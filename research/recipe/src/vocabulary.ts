// The embedded model's byte-pair vocabulary: merges learnt from its words until each is one token.

import type { ClipTokenizerOptions } from '@spatiallock/core/pipeline';
import { allWords } from '@spatiallock/scenes';

const END_OF_WORD = '</w>';

/** CLIP's tokenizer over the words of scenes; `maxLength` counts start and end token. */
export function emojiTokenizer(maxLength: number): ClipTokenizerOptions {
  const pieces = [...new Set(allWords().flatMap((word) => word.match(/[a-z]+|[0-9]|[^a-z0-9]+/g) ?? []))];
  const merges = learnMerges(pieces);
  const letters = byteLetters();
  const tokens = [
    ...letters,
    ...letters.map((letter) => letter + END_OF_WORD),
    ...merges.map((pair) => pair.replace(' ', '')),
    '<|startoftext|>',
    '<|endoftext|>',
  ];
  const vocab = Object.fromEntries(tokens.map((token, id) => [token, id]));
  return { vocab, merges, maxLength };
}

/** Joins the commonest pair again and again (Sennrich et al., arXiv 1508.07909); ties go to the first in order. */
function learnMerges(words: readonly string[]): string[] {
  const merges: string[] = [];
  let split = words.map((word) => [...word.slice(0, -1), word.slice(-1) + END_OF_WORD]);
  for (;;) {
    const counts = new Map<string, number>();
    for (const parts of split) {
      for (let i = 0; i + 1 < parts.length; i++) {
        const pair = `${parts[i]} ${parts[i + 1]}`;
        counts.set(pair, (counts.get(pair) ?? 0) + 1);
      }
    }
    const [best] = [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
    if (!best) return merges;
    merges.push(best[0]);
    split = split.map((parts) => join(parts, best[0]));
  }
}

function join(parts: readonly string[], pair: string): string[] {
  const joined: string[] = [];
  for (let i = 0; i < parts.length; i++) {
    if (i + 1 < parts.length && `${parts[i]} ${parts[i + 1]}` === pair) joined.push(parts[i]! + parts[++i]!);
    else joined.push(parts[i]!);
  }
  return joined;
}

/** GPT-2's printable stand-ins for the 256 bytes: visible ones stand for themselves, the others follow 255. */
function byteLetters(): string[] {
  const visible = (byte: number): boolean =>
    (byte > 32 && byte < 127) || (byte > 160 && byte < 173) || (byte > 173 && byte < 256);
  let next = 256;
  return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(visible(byte) ? byte : next++));
}
