// Which tokens of a prompt stand for which object.

import type { Layout, LayoutContext } from '@spatiallock/core';
import { showValue } from '@spatiallock/core/checks';
import { bareName } from '@spatiallock/core/pipeline';

/**
 * For each object the positions of its phrase's tokens in the prompt, articles left out. Objects of one phrase get one
 * occurrence each, in order, where the prompt has as many; else all of them share all occurrences. Empty where the prompt
 * does not name the phrase.
 */
export function objectTokens(
  { prompt, objects }: Layout,
  context: LayoutContext,
): readonly (readonly number[])[] {
  const names = objects.map(({ phrase }) => bareName(phrase).toLowerCase());
  return objects.map(({ phrase }, i) => {
    const runs = occurrences(prompt, phrase, context);
    const alike = names.flatMap((name, at) => (name === names[i] ? [at] : []));
    const own = alike.length > 1 && runs.length >= alike.length ? runs[alike.indexOf(i)] : undefined;
    return own ?? runs.flat();
  });
}

/** Throws where the prompt does not name an object. */
export function checkPhrases(layout: Layout, context: LayoutContext): void {
  objectTokens(layout, context).forEach((tokens, i) => {
    if (tokens.length > 0) return;
    const phrase = layout.objects[i]!.phrase;
    throw new Error(
      `objects[${i}].phrase: the prompt does not say ${showValue(phrase)}, and attentionGuidance places an object by what ` +
        'its words in the prompt attend to; write the phrase into the prompt',
    );
  });
}

/** The tokens of each place where the prompt has the phrase, without those of its article. */
function occurrences(
  prompt: string,
  phrase: string,
  { tokenizer, phraseTokens }: LayoutContext,
): readonly (readonly number[])[] {
  const found = phraseTokens(prompt, phrase);
  const noun = bareName(phrase).toLowerCase();
  const known = new Set(phraseTokens(prompt, noun));
  const named = found.filter((position) => known.has(position));
  const length = named.length > 0 ? tokenizer.encode(noun).length : tokenizer.encode(phrase).length;
  const tokens = named.length > 0 ? named : found;
  const count = length > 0 ? Math.ceil(tokens.length / length) : 0;
  return Array.from({ length: count }, (_, i) => tokens.slice(i * length, (i + 1) * length));
}
