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

/**
 * Splits a word into pieces of the vocabulary, `</w>` at the end of the last; `merges` are `a b` in order of rank. The
 * work grows as the word does: a pair is looked up when it comes to be, and ranks are taken from a heap.
 */
export function bytePairs(merges: readonly string[]): (word: string) => readonly string[] {
  return splitByRanks(new Map(merges.map((pair, rank) => [pair, rank])));
}

/** As `bytePairs`, by the rank of each pair; pairs that are put into `ranks` later count from then on. */
export function splitByRanks(ranks: ReadonlyMap<string, number>): (word: string) => readonly string[] {
  return (word) => {
    const pieces = Array.from(encodeUtf8(word), (byte) => byteSigns[byte]!);
    if (pieces.length > 0) pieces.push(pieces.pop() + END_OF_WORD);
    return joined(pieces, (left, right) => ranks.get(`${left} ${right}`));
  };
}

type RankOf = (left: string, right: string) => number | undefined;

/** Joins all pairs of the best rank from the left, and again, until no pair has a rank. */
function joined(pieces: (string | undefined)[], rankOf: RankOf): string[] {
  const { length } = pieces;
  // Neighbours of what is still there; the end is `length`.
  const next = Array.from({ length }, (_, i) => i + 1);
  const before = Array.from({ length }, (_, i) => i - 1);
  const places = new Map<number, number[]>();
  const waiting = heap();
  const note = (at: number): void => {
    if (at < 0 || next[at]! >= length) return;
    const rank = rankOf(pieces[at]!, pieces[next[at]!]!);
    if (rank === undefined) return;
    const known = places.get(rank);
    if (known) known.push(at);
    else {
      places.set(rank, [at]);
      waiting.push(rank);
    }
  };
  for (let i = 0; i < length; i++) note(i);
  for (let rank = waiting.pop(); rank !== undefined; rank = waiting.pop()) {
    const found = places.get(rank)!.sort((a, b) => a - b);
    places.delete(rank);
    // Pairs that come to be in this round wait for the next, as if all of this rank were joined at once.
    const made: number[] = [];
    for (const at of found) {
      const right = next[at]!;
      const gone = pieces[at] === undefined || right >= length;
      if (gone || rankOf(pieces[at]!, pieces[right]!) !== rank) continue;
      pieces[at] += pieces[right]!;
      pieces[right] = undefined;
      next[at] = next[right]!;
      if (next[at]! < length) before[next[at]!] = at;
      made.push(at);
    }
    for (const at of made) {
      if (pieces[at] === undefined) continue;
      note(before[at]!);
      note(at);
    }
  }
  return pieces.filter((piece) => piece !== undefined);
}

/** Numbers of which the least comes out first. */
function heap(): { push(value: number): void; pop(): number | undefined } {
  const tree: number[] = [];
  const swap = (a: number, b: number): void => {
    [tree[a], tree[b]] = [tree[b]!, tree[a]!];
  };
  return {
    push(value) {
      let at = tree.push(value) - 1;
      for (let up = (at - 1) >> 1; at > 0 && tree[up]! > tree[at]!; up = (at - 1) >> 1) {
        swap(at, up);
        at = up;
      }
    },
    pop() {
      const top = tree[0];
      const last = tree.pop();
      if (tree.length === 0 || last === undefined) return top;
      tree[0] = last;
      for (let at = 0; ; ) {
        const [left, right] = [2 * at + 1, 2 * at + 2];
        let least = at;
        if (left < tree.length && tree[left]! < tree[least]!) least = left;
        if (right < tree.length && tree[right]! < tree[least]!) least = right;
        if (least === at) return top;
        swap(at, least);
        at = least;
      }
    },
  };
}
