// A small vocabulary, by which tests read captions.

import { labelNames, phraseMatcher } from '@spatiallock/core/pipeline';

export const nouns = [
  ...['dog', 'cat', 'apple', 'bus', 'rocket', 'star', 'person', 'bear', 'cup', 'clock', 'fox', 'orange'],
  ...['hot dog', 'teddy bear', 'alarm clock', 'wine glass', 'potted plant', 'scissors', 'tie'],
];
const match = phraseMatcher([
  ...labelNames(nouns),
  { label: 'dog', name: 'puppy' },
  { label: 'dog', name: 'puppies' },
  { label: 'person', name: 'people' },
  { label: 'grapes', name: 'bunch of grapes' },
  { label: 'grapes', name: 'bunches of grapes' },
  { label: 'coffee', name: 'cup of coffee' },
]);
export const labelOf = (phrase: string) => match(phrase)?.label;
