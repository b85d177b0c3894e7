// A small vocabulary, by which tests read captions.

import { labelNames, phraseMatcher } from '@spatiallock/core/pipeline';

export const nouns = [
  ...['dog', 'cat', 'apple', 'bus', 'rocket', 'star', 'person', 'bear', 'cup', 'clock', 'fox', 'orange'],
  ...['pizza', 'broccoli', 'fish', 'ball', 'tree', 'bowl'],
  ...['hot dog', 'teddy bear', 'alarm clock', 'wine glass', 'potted plant', 'scissors', 'tie'],
];
const match = phraseMatcher([
  ...labelNames(nouns),
  { label: 'dog', name: 'puppy' },
  { label: 'dog', name: 'puppies' },
  { label: 'person', name: 'people' },
  { label: 'teddy bear', name: 'teddy' },
  { label: 'pizza', name: 'slice of pizza' },
  { label: 'grapes', name: 'bunch of grapes' },
  { label: 'grapes', name: 'bunches of grapes' },
  { label: 'coffee', name: 'cup of coffee' },
]);
export const labelOf = (phrase: string) => match(phrase)?.label;
