import { describe, expect, it } from 'vitest';
import { allowedColours, classes, colourOf, labelOf, phrasesOf } from '../src/index.js';

describe('the class that a phrase names', () => {
  it.each(classes)('$label, in every phrase of its scenes', (entry) => {
    expect(new Set(phrasesOf(entry).map(labelOf))).toEqual(new Set([entry.label]));
  });

  it.each([
    ['an orange cat', 'cat'],
    ['The Brown PUPPY', 'dog'],
    ['three coffee cups', 'coffee'],
    ['a slice of watermelon', 'watermelon'],
    ['a hot dog', 'hot dog'],
    ['a bowl with a spoon', 'bowl'],
    ['a bottle of champagne', 'bottle'],
    ['the grey teddy bear', 'teddy bear'],
    ['a unicorn', undefined],
    ['catalogue', undefined],
    ['', undefined],
  ])('%s: %s', (phrase, label) => expect(labelOf(phrase)).toBe(label));
});

describe('the colour that a phrase names', () => {
  it.each(classes)('$label, in every phrase of its scenes', (entry) => {
    for (const phrase of phrasesOf(entry)) {
      const words = phrase.replace('gray', 'grey').split(' ');
      const named = allowedColours[entry.index].filter((colour) => words.includes(colour));
      const expected = entry.label === 'orange' ? named.filter((colour) => colour !== 'orange') : named;
      expect(colourOf(phrase), phrase).toBe(expected[0]);
    }
  });

  it.each([
    ['an orange', undefined],
    ['an orange cat', 'orange'],
    ['a blue orange', 'blue'],
    ['The Gray dog', 'grey'],
    ['a red something', 'red'],
    ['a dog', undefined],
  ])('%s: %s', (phrase, colour) => expect(colourOf(phrase)).toBe(colour));
});
