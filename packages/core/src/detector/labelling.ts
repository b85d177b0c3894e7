// What a detector calls the things that phrases name.

import { checkList, checkObject, checkObjects } from '../checks/index.js';
import { labelNames, phraseMatcher, wordsOf } from '../phrases.js';
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

const ARTICLES: readonly string[] = ['a', 'an', 'the'];

/**
 * The label of a class that a data set names, as `labelling` of a phrase, but by the whole name: a "truck crane" is no "truck".
 * Articles, capitals and plurals make no difference.
 */
export function classLabelling(vocabulary: DetectorVocabulary): (name: string) => string | undefined {
  const find = labelling(vocabulary);
  const whole = new Map(
    labelNames(vocabulary.labels).map(({ label, name }) => [wordsOf(name).join(' '), label] as const),
  );
  for (const label of vocabulary.labels) whole.set(wordsOf(label).join(' '), label);
  return (name) => {
    const words = wordsOf(name);
    const bare = words.length > 1 && ARTICLES.includes(words[0]!) ? words.slice(1) : words;
    const own = whole.get(bare.join(' '));
    if (own !== undefined) return own;
    const label = find(bare.join(' '));
    // Where the first or the last word is of no account, the name that was found is but a part.
    const isPart = [bare.slice(1), bare.slice(0, -1)].some(
      (part) => part.length > 0 && find(part.join(' ')) === label,
    );
    return isPart ? undefined : label;
  };
}

/**
 * The label of what a phrase names, as `labelling`, for a model that was taught more than the detector knows: a phrase that names
 * a taught thing has the label of that thing, if the detector has one, and none of a thing whose name is a part of it.
 */
export function taughtLabelling(
  vocabulary: DetectorVocabulary,
  taught: readonly { readonly name: string }[],
): (phrase: string) => string | undefined {
  checkObjects(taught, 'taught', 'categories { name }');
  const [find, labelOf] = [labelling(vocabulary), classLabelling(vocabulary)];
  const match = phraseMatcher(labelNames(taught.map(({ name }) => name)));
  return (phrase) => {
    const name = match(phrase)?.label;
    return name === undefined ? find(phrase) : labelOf(name);
  };
}
