import { describe, expect, it } from 'vitest';
import { classes, labelOf, phrasesOf } from '../src/index.js';

describe('the class that a phrase names', () => {
  it.each(classes)('$label, in every phrase of its scenes', (entry) => {
    expect(new Set(phrasesOf(entry).map(labelOf))).toEqual(new Set([entry.label]));
  });

  it.each([
    ['an orange cat', 'cat'],
    ['The Brown PUPPY', 'dog'],
    ['three coffee cups', 'coffee'],
    ['a slice of watermelon', 'watermelon'],
    ['a unicorn', undefined],
    ['catalogue', undefined],
    ['', undefined],
  ])('%s: %s', (phrase, label) => expect(labelOf(phrase)).toBe(label));
});
