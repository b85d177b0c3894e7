// Warnings of words beyond the text encoder's length: nothing is left out in silence.

import { showValue } from '../checks/index.js';
import type { Layout, objectLists } from './layout.js';
import { chunkRoom, MAX_CHUNKS, tokenChunks } from './promptChunks.js';
import { promptParts } from './promptTokens.js';
import type { PromptWeighting } from './promptWeighting.js';
import type { ClipTokenizer } from './tokenizer.js';

/**
 * Throws an error that names the field where a prompt has more tokens than are read, or weights that cannot be. Gives a
 * warning for each phrase that is cut: a phrase is one vector, so that only its first chunk can count.
 */
export function checkLengths(
  { prompt, negativePrompt = '' }: Layout,
  lists: ReturnType<typeof objectLists>,
  tokenizer: ClipTokenizer,
  weighting: PromptWeighting | false,
): string[] {
  const room = chunkRoom(tokenizer);
  for (const [field, text] of Object.entries({ prompt, negativePrompt })) {
    const parts = promptParts(text, weighting, field);
    const length = parts.reduce((sum, part) => sum + tokenizer.encode(part.text).length, 0);
    if (length > room * MAX_CHUNKS) {
      throw new Error(`${field}: has ${length} tokens; at most ${room * MAX_CHUNKS} are read; shorten it`);
    }
  }
  return lists.flatMap(([field, objects]) =>
    objects.flatMap(({ phrase }, i) => {
      if (tokenChunks(tokenizer, phrase) === 1) return [];
      const { length } = tokenizer.encode(phrase);
      return [
        `${field}[${i}].phrase: ${showValue(phrase)} has ${length} tokens, of which the first ${room} are read; shorten it`,
      ];
    }),
  );
}
