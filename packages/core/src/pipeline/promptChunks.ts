// Prompts beyond the text encoder's positions are encoded in chunks, as the ecosystem does: each chunk with a start and
// an end token of its own, their vectors one after another.

import type { ClipTokenizer } from './tokenizer.js';

/** The most chunks of a prompt: 600 tokens of CLIP. */
export const MAX_CHUNKS = 8;

/** Tokens that a chunk holds beside its start and end token; 75 for CLIP. */
export const chunkRoom = ({ maxLength }: ClipTokenizer): number => Math.max(1, maxLength - 2);

/** Chunks that a text needs; at least 1. */
export function tokenChunks(tokenizer: ClipTokenizer, text: string): number {
  return Math.max(1, Math.ceil(tokenizer.encode(text).length / chunkRoom(tokenizer)));
}

/** A text's ids in `count` chunks, the last of them padded or empty; what lies beyond is left out. */
export function chunksOf(
  tokenizer: ClipTokenizer,
  text: string,
  count: number,
): readonly (readonly number[])[] {
  const ids = tokenizer.encode(text);
  const room = chunkRoom(tokenizer);
  return Array.from({ length: count }, (_, i) => ids.slice(i * room, (i + 1) * room));
}
