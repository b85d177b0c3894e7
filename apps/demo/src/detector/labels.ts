import { phraseMatcher } from '@spatiallock/core/pipeline';
import { labelOf } from '@spatiallock/scenes/web';

/** The label of a phrase among those of a detector: its class, a name in it, or the only one that there is. */
export function labelFor(phrase: string, labels: readonly string[]): string | undefined {
  const known = labelOf(phrase);
  if (known !== undefined && labels.includes(known)) return known;
  const named = phraseMatcher(labels.map((label) => ({ label, name: label })))(phrase)?.label;
  return named ?? (labels.length === 1 ? labels[0] : undefined);
}
