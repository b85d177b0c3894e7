import { describe, expect, it } from 'vitest';
import { captionAfter, missingIn } from '../src/state/caption.js';
import type { Drawing } from '../src/state/drawing.js';
import { baseOf, changed, historyOf, settled } from '../src/state/history.js';

const objectsOf = (...phrases: string[]): Drawing['objects'] =>
  phrases.map((phrase, i) => ({ id: `o${i}`, phrase, colour: 0, box: [0, 0, 0.5, 0.5] }));
const drawn = (prompt: string, ...phrases: string[]): Drawing => ({
  prompt,
  negativePrompt: '',
  objects: objectsOf(...phrases),
});

describe('a written caption', () => {
  it('that lists the objects goes on listing them, and keeps its place', () => {
    const before = drawn('a dog and an apple on a beach', 'a dog', 'an apple');
    expect(captionAfter(before, objectsOf('a cat', 'an apple'))).toBe('a cat and an apple on a beach');
    expect(captionAfter(before, objectsOf('a dog', 'an apple', 'a cat'))).toBe(
      'a dog, an apple and a cat on a beach',
    );
    expect(captionAfter(before, objectsOf('a dog'))).toBe('a dog on a beach');
    expect(captionAfter(before, [])).toBe('on a beach');
    expect(captionAfter(drawn('on a beach', ''), objectsOf('a cat'))).toBe('a cat on a beach');
  });

  it('in free words has the phrase replaced where it stands, and only there', () => {
    const before = drawn('On a beach a dog looks at a dogfish, a dog-like one', 'a dog');
    expect(captionAfter(before, objectsOf('a cat'))).toBe(
      'On a beach a cat looks at a dogfish, a dog-like one',
    );
    const two = drawn('here a dog, there a dog', 'a dog', 'a dog');
    expect(captionAfter(two, objectsOf('a dog', 'a $& cat'))).toBe('here a dog, there a $& cat');
    expect(captionAfter(drawn('nothing of it', 'a dog'), objectsOf('a cat'))).toBe('nothing of it');
    expect(captionAfter(drawn('a (dog', '(dog'), objectsOf('cat'))).toBe('a cat');
  });

  it('stays where no phrase changes, and where none is written', () => {
    expect(captionAfter(drawn('a dog on a beach ', 'a dog'), objectsOf('a dog'))).toBe('a dog on a beach ');
    expect(captionAfter(drawn('', 'a dog'), objectsOf('a cat'))).toBe('');
  });

  it('is recognised by the phrases that it does not hold', () => {
    expect(missingIn(drawn('A dog on a beach', 'a dog', 'a cat', 'a cat', ''))).toEqual(['a cat']);
    expect(missingIn(drawn('', 'a dog'))).toEqual([]);
    const long = 'x'.repeat(2e7);
    expect(missingIn(drawn('a dog', long))).toEqual([long]);
  });
});

describe('changes of one key in a row', () => {
  it('all start from what was before the first', () => {
    let history = historyOf('a dog');
    for (const text of ['a do', 'a c', 'a cat']) history = changed(history, text, 'phrase');
    expect(baseOf(history, 'phrase')).toBe('a dog');
    expect(baseOf(history, 'place')).toBe('a cat');
    expect(baseOf(settled(history), 'phrase')).toBe('a cat');
    expect(baseOf(historyOf('a dog'))).toBe('a dog');
  });
});
