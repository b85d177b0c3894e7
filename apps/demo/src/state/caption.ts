// A written caption follows its objects: where it names one by its phrase, it goes on naming it.

import { backgrounds } from '@spatiallock/scenes/web';
import { type Drawing, listed } from './drawing.js';

type Objects = Drawing['objects'];

/** Places that the model has seen: "on a beach". */
export const places: readonly string[] = backgrounds.map((background) => background.places[0]!);

/** The caption after the objects have changed; unchanged where it does not mention what changed. */
export function captionAfter({ prompt, objects: before }: Drawing, after: Objects): string {
  const [old, now] = [listed(before), listed(after)];
  const written = prompt.trim();
  if (written === '' || old === now) return prompt;
  const rest = written.slice(old.length);
  if (old !== '' && written.startsWith(old) && !/^[\p{L}\p{N}-]/u.test(rest)) return `${now}${rest}`.trim();
  if (old === '' && places.includes(written)) return `${now} ${written}`;
  return before.reduce((text, { id, phrase }, i) => {
    const changed = after.find((object) => object.id === id)?.phrase.trim();
    if (!changed || changed === phrase.trim()) return text;
    const sameBefore = before.slice(0, i).filter((object) => object.phrase.trim() === phrase.trim());
    return replaced(text, phrase.trim(), changed, sameBefore.length);
  }, prompt);
}

/** Phrases that a written caption does not hold. */
export function missingIn({ prompt, objects }: Drawing): readonly string[] {
  if (prompt.trim() === '') return [];
  const phrases = new Set(objects.map(({ phrase }) => phrase.trim()).filter(Boolean));
  return [...phrases].filter((phrase) => !wholly(phrase).test(prompt));
}

/** The text without any of the phrases. */
export const without = (text: string, phrases: readonly string[]): string =>
  phrases.reduce((rest, phrase) => rest.replace(wholly(phrase.trim()), ' '), text);

/** The text with the phrase's occurrence number `nth`, from 0, replaced. */
function replaced(text: string, phrase: string, by: string, nth: number): string {
  let seen = 0;
  return text.replace(wholly(phrase), (found) => (seen++ === nth ? by : found));
}

/** Longer ones are no phrases, and too much for a pattern. */
const LONGEST = 1000;

/** The phrase where no word goes on before or after it. */
function wholly(phrase: string): RegExp {
  if (phrase === '' || phrase.length > LONGEST) return /(?!)/gu;
  const escaped = phrase.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&');
  return new RegExp(
    `(?<![\\p{L}\\p{N}])(?<![\\p{L}\\p{N}]-)${escaped}(?![\\p{L}\\p{N}]|-[\\p{L}\\p{N}])`,
    'giu',
  );
}
