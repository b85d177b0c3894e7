// What a detector calls the things that phrases name.

import { checkList, checkObject } from '../checks/index.js';
import { labelNames, phraseMatcher } from '../phrases.js';
import type { DetectorVocabulary } from './definition.js';

/** The label of what a phrase names; the function gives undefined where the detector has none for it. */
export function labelling(vocabulary: DetectorVocabulary): (phrase: string) => string | undefined {
  checkObject(vocabulary, 'vocabulary');
  const { labels } = vocabulary;
  checkList(labels, 'labels', 'texts');
  const plain = phraseMatcher(labelNames(labels));
  const find = (phrase: string): string | undefined =>
    vocabulary.labelOf ? vocabulary.labelOf(phrase) : plain(phrase)?.label;
  return (phrase) => {
    const label = find(phrase);
    return label !== undefined && labels.includes(label) ? label : undefined;
  };
}
