// Warnings of words beyond the text encoder's length, and of boxes that no pixel shows: nothing is left out in silence.

import { showValue } from '../checks/index.js';
import type { Sides } from './imagePlanes.js';
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

/** Pixels; corners are fractions, which are rounded. */
const ONE = 1 - 1e-6;

/** A warning for each box of less than a pixel, which a picture of this size cannot show. */
export function smallBoxes(lists: ReturnType<typeof objectLists>, { width, height }: Sides): string[] {
  return lists.flatMap(([field, objects]) =>
    objects.flatMap(({ box: [x0, y0, x1, y1] }, i) => {
      const sides = [(x1 - x0) * width, (y1 - y0) * height];
      if (sides.every((side) => side >= ONE)) return [];
      const shown = sides.map((side) => Number(side.toPrecision(2))).join(' x ');
      return [`${field}[${i}].box: is ${shown} pixels of the picture's ${width} x ${height}; make it larger`];
    }),
  );
}
