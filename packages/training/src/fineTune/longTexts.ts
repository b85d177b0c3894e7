// Captions and phrases with more tokens than the text encoder reads: counted before training begins.

import { showValue } from '@spatiallock/core/checks';
import { type ClipTokenizer, chunkRoom } from '@spatiallock/core/pipeline';
import { captionOf } from './captions.js';
import type { Dataset } from './dataset.js';

interface LongText {
  readonly text: string;
  readonly tokens: number;
}

/**
 * A warning for captions and one for phrases, where any is cut: how many, and the longest. A training step reads one
 * chunk of a text; a pipeline reads prompts in several, and phrases as here.
 */
export function longTextWarnings(
  { training, validation }: Pick<Dataset, 'training' | 'validation'>,
  tokenizer: ClipTokenizer,
): string[] {
  const pictures = [...training, ...validation];
  return [
    ...warningFor(
      'captions',
      pictures.map(({ caption, objects }) => caption ?? captionOf(objects)),
      tokenizer,
    ),
    ...warningFor(
      'phrases',
      pictures.flatMap(({ objects }) => objects.map(({ phrase }) => phrase)),
      tokenizer,
    ),
  ];
}

function warningFor(field: string, texts: readonly string[], tokenizer: ClipTokenizer): string[] {
  const room = chunkRoom(tokenizer);
  const tokensOf = new Map([...new Set(texts)].map((text) => [text, tokenizer.encode(text).length]));
  const cut = texts.filter((text) => tokensOf.get(text)! > room);
  if (cut.length === 0) return [];
  const { text, tokens } = cut
    .map((text): LongText => ({ text, tokens: tokensOf.get(text)! }))
    .reduce((longest, each) => (each.tokens > longest.tokens ? each : longest));
  return [
    `${field}: ${cut.length} of ${texts.length} have more than ${room} tokens, of which the first ${room} are read; ` +
      `shorten them (the longest: ${showValue(text)}, ${tokens} tokens)`,
  ];
}
