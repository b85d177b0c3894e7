import { labelOf } from '@spatiallock/scenes/web';

/** The label of a phrase among those of a detector: its class, a word of it, or the only one that there is. */
export function labelFor(phrase: string, labels: readonly string[]): string | undefined {
  const known = labelOf(phrase);
  if (known !== undefined && labels.includes(known)) return known;
  const words = phrase.toLowerCase().split(/[^\p{L}\p{N}-]+/u);
  const named = labels.find((label) => words.includes(label.toLowerCase()));
  return named ?? (labels.length === 1 ? labels[0] : undefined);
}
