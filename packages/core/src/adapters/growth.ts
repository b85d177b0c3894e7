// New words in a byte-pair vocabulary: tokens and merges behind those that are there.

import { splitByRanks } from '../pipeline/bytePairs.js';
import type { ClipTokenizerOptions } from '../pipeline/tokenizer.js';

/** What a vocabulary gains; ids of the tokens follow each other from `firstId` on. */
export interface VocabularyGrowth {
  /** Words as people write them, in lower case. */
  readonly words: readonly string[];
  readonly tokens: readonly string[];
  /** Pairs `a b`, of lower rank than all that were there. */
  readonly merges: readonly string[];
  readonly firstId: number;
}

type Vocabulary = Pick<ClipTokenizerOptions, 'vocab' | 'merges'>;

/**
 * Tokens and merges that make each new piece of text one token. Merges go behind the old ones, and none is taken that
 * would join pieces of the texts in `kept`, whose ids stay as they are: where no other is left, a new piece stays in
 * several tokens. `pieces` and `kept` are words as `ClipTokenizer.words` gives them.
 */
export function growVocabulary(
  { vocab, merges }: Vocabulary,
  pieces: readonly string[],
  kept: readonly string[],
  firstId: number,
): Omit<VocabularyGrowth, 'words'> {
  const ranks = new Map(merges.map((pair, rank) => [pair, rank]));
  const split = splitByRanks(ranks);
  const taken = new Set(kept.flatMap((piece) => pairsOf(split(piece))));
  const added: string[] = [];
  const tokens = new Set<string>();
  const name = (token: string): void => {
    if (!Object.hasOwn(vocab, token)) tokens.add(token);
  };
  for (const piece of pieces) {
    for (;;) {
      const parts = split(piece);
      parts.forEach(name);
      const pair = pairsOf(parts).find((each) => !taken.has(each));
      if (pair === undefined) {
        for (const each of pairsOf(parts)) taken.add(each);
        break;
      }
      ranks.set(pair, ranks.size);
      added.push(pair);
    }
  }
  return { tokens: [...tokens], merges: added, firstId };
}

const pairsOf = (parts: readonly string[]): string[] =>
  parts.slice(1).map((right, i) => `${parts[i]} ${right}`);

/** The vocabulary with what it gains. */
export function withGrowth<T extends Vocabulary>(vocabulary: T, growth: VocabularyGrowth): T {
  const { tokens, merges, firstId } = growth;
  const ids = Object.fromEntries(tokens.map((token, i) => [token, firstId + i]));
  return {
    ...vocabulary,
    vocab: { ...vocabulary.vocab, ...ids },
    merges: [...vocabulary.merges, ...merges],
  };
}
