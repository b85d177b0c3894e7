// Prompts beyond the text encoder's positions are encoded in chunks, as the ecosystem does: each chunk with a start and
// an end token of its own, their vectors one after another.

import type { TokenRow } from './promptTokens.js';
import { type ClipTokenizer, checkTokenizer } from './tokenizer.js';

/** The most chunks of a prompt: 600 tokens of CLIP. */
export const MAX_CHUNKS = 8;

/** Tokens that a chunk holds beside its start and end token; 75 for CLIP. */
export const chunkRoom = ({ maxLength }: ClipTokenizer): number => Math.max(1, maxLength - 2);

/** Chunks that a text needs; at least 1. */
export function tokenChunks(tokenizer: ClipTokenizer, text: string): number {
  checkTokenizer(tokenizer);
  return chunksFor(tokenizer, { ids: tokenizer.encode(text) });
}

/** Chunks that tokens need; at least 1. */
export function chunksFor(tokenizer: ClipTokenizer, { ids }: TokenRow): number {
  return Math.max(1, Math.ceil(ids.length / chunkRoom(tokenizer)));
}

/** Tokens in `count` chunks, the last of them padded or empty; what lies beyond is left out. */
export function chunksOf(
  tokenizer: ClipTokenizer,
  { ids, weights }: TokenRow,
  count: number,
): readonly TokenRow[] {
  const room = chunkRoom(tokenizer);
  return Array.from({ length: count }, (_, i) => {
    const own = weights?.slice(i * room, (i + 1) * room);
    const counts = own?.some((weight) => weight !== 1) ? { weights: own } : {};
    return { ids: ids.slice(i * room, (i + 1) * room), ...counts };
  });
}
