import { labelNames, phraseMatcher } from '@spatiallock/core/pipeline';
import { expect, test } from 'vitest';

const match = phraseMatcher([
  { label: 'dog', name: 'dog' },
  { label: 'cup', name: 'cup' },
  { label: 'coffee', name: 'coffee' },
  { label: 'mug', name: 'coffee cup' },
  { label: 'orange', name: 'orange' },
  { label: 'cat', name: 'cat' },
]);

test.each([
  ['a dog', 'dog', 1, 2],
  ['An Orange CAT', 'cat', 2, 3],
  ['a coffee cup', 'mug', 1, 3],
  ['coffee', 'coffee', 0, 1],
  ['a dog, a cat', 'cat', 4, 5],
])('"%s" is about "%s"', (phrase, label, start, end) => {
  expect(match(phrase)).toEqual({ label, start, end });
});

test('a phrase without any name is about none, and an empty name is in no phrase', () => {
  expect(match('hotdog stand')).toBeUndefined();
  expect(match('')).toBeUndefined();
  expect(phraseMatcher([{ label: 'nothing', name: ' ' }])('a dog')).toBeUndefined();
});

test('plurals of labels are names', () => {
  const labels = phraseMatcher(
    labelNames(['bus', 'traffic light', 'baby', 'fireman', 'bag of cement', 'größe']),
  );
  expect(labels('three babies')?.label).toBe('baby');
  expect(labels('two firemen')?.label).toBe('fireman');
  expect(labels('bags of cement')?.label).toBe('bag of cement');
  expect(labels('die Größe')).toEqual({ label: 'größe', start: 1, end: 2 });
  expect(labels('two buses')?.label).toBe('bus');
  expect(labels('red traffic lights')?.label).toBe('traffic light');
});
