// Byte-pair encoding: a word's bytes, joined pair by pair in the order in which the vocabulary's merges were learnt.
// Our own because the library that does it weighs a quarter of core; the tests hold it against that library.

import { encodeUtf8 } from '../io/text.js';

const END_OF_WORD = '</w>';

/** The signs that stand for the 256 bytes in vocab.json and merges.txt, as GPT-2 chose them (openai/gpt-2, encoder.py). */
const byteSigns: readonly string[] = (() => {
  const printable = (byte: number): boolean =>
    (byte > 32 && byte < 127) || (byte > 160 && byte < 256 && byte !== 173);
  let next = 256;
  return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(printable(byte) ? byte : next++));
})();

/** Splits a word into pieces of the vocabulary, `</w>` at the end of the last; `merges` are `a b` in order of rank. */
export function bytePairs(merges: readonly string[]): (word: string) => readonly string[] {
  const ranks = new Map(merges.map((pair, rank) => [pair, rank]));
  const rankOf = (left: string, right: string): number => ranks.get(`${left} ${right}`) ?? Infinity;
  return (word) => {
    let pieces = Array.from(encodeUtf8(word), (byte) => byteSigns[byte]!);
    if (pieces.length > 0) pieces.push(pieces.pop() + END_OF_WORD);
    while (pieces.length > 1) {
      const pairs = pieces.slice(1).map((right, i) => rankOf(pieces[i]!, right));
      const best = pairs.reduce((least, rank) => Math.min(least, rank), Infinity);
      if (best === Infinity) break;
      pieces = joined(pieces, pairs, best);
    }
    return pieces;
  };
}

/** Joins each pair of one rank, from the left; a piece goes into one pair only. */
function joined(pieces: readonly string[], pairs: readonly number[], rank: number): string[] {
  const result: string[] = [];
  for (let i = 0; i < pieces.length; i++) {
    if (pairs[i] === rank) result.push(pieces[i]! + pieces[++i]!);
    else result.push(pieces[i]!);
  }
  return result;
}
