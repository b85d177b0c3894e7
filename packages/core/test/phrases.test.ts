import { classLabelling, labelNames, phraseMatcher, taughtLabelling } from '@spatiallock/core/pipeline';
import { describe, expect, it, test } from 'vitest';

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

test('hyphens and spaces are alike, but for names that differ by them', () => {
  const labels = phraseMatcher(
    labelNames(['dump-truck', 'teddy bear', 'T-Shirt', 're-entry', 'tie dye', 'tie-dye']),
  );
  const label = (phrase: string) => labels(phrase)?.label;
  expect(['a dump truck', 'two dump trucks', 'a Dump-Truck'].map(label)).toEqual(Array(3).fill('dump-truck'));
  expect(['a teddy-bear', 'teddy bears', 'big teddy-bears'].map(label)).toEqual(Array(3).fill('teddy bear'));
  expect(labels('a red t shirt')).toEqual({ label: 'T-Shirt', start: 2, end: 4 });
  expect(['a tie dye', 'a tie-dye'].map(label)).toEqual(['tie dye', 'tie-dye']);
  expect(['a truck', 'a bear'].map(label)).toEqual([undefined, undefined]);
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

describe('what a detector calls', () => {
  const judge = { labels: ['truck', 'wine glass', 'hat', 'person'] };
  const named = {
    ...judge,
    labelOf: phraseMatcher([...labelNames(judge.labels), { label: 'person', name: 'little boy' }]),
  };
  const vocabulary = { labels: judge.labels, labelOf: (phrase: string) => named.labelOf(phrase)?.label };

  it.each([
    ['truck', 'truck'],
    ['The Trucks', 'truck'],
    ['a wine glass', 'wine glass'],
    ['people', 'person'],
    ['truck crane', undefined],
    ['hard hat', undefined],
    ['forklift', undefined],
    ['the', undefined],
    ['', undefined],
  ])('the class "%s" is known by its whole name', (name, label) => {
    expect(classLabelling(judge)(name)).toBe(label);
    expect(classLabelling(vocabulary)(name)).toBe(label);
  });

  it('a class of two words may be known by another name', () => {
    expect(classLabelling(vocabulary)('little boys')).toBe(undefined);
    expect(classLabelling(vocabulary)('a little boy')).toBe('person');
    expect(classLabelling(vocabulary)('big little boy')).toBe(undefined);
  });

  it('a phrase is what the model was taught before it is anything else', () => {
    const labelOf = taughtLabelling(vocabulary, [
      { name: 'truck crane' },
      { name: 'hard hats' },
      { name: 'truck' },
    ]);
    const phrases = ['two red truck cranes', 'a truck', 'a hard hat', 'a hat', 'a person'];
    expect(phrases.map(labelOf)).toEqual([undefined, 'truck', undefined, 'hat', 'person']);
    expect(taughtLabelling(vocabulary, [])('a truck crane')).toBe('truck');
    expect(() => taughtLabelling(vocabulary, 5 as never)).toThrow('taught: must be a list');
  });
});
