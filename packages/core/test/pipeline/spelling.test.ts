// Hyphens of known words.

import { inKnownSpelling, knownSpelling } from '@spatiallock/core/pipeline';
import { describe, expect, it } from 'vitest';

const words = 'a red and hat hard truck dump-truck dump-trucks t-shirt on merry-go-round'.split(' ');
const known = new Set(words);

describe('hyphens as a model knows its words', () => {
  it.each([
    ['a dump truck', 'a dump-truck'],
    ['a Dump  Truck, two dump trucks', 'a Dump-Truck, two dump-trucks'],
    ['a t shirt and a t-shirt', 'a t-shirt and a t-shirt'],
    ['a merry go round', 'a merry-go-round'],
    ['a hard-hat', 'a hard hat'],
    ['a red-and-hard hat', 'a red and hard hat'],
    // What is known stays, and so does what no hyphen explains.
    ['a red truck', 'a red truck'],
    ['a dump, truck', 'a dump, truck'],
    ['a (dump:1.2) truck', 'a (dump:1.2) truck'],
    ['a hard-fork', 'a hard-fork'],
    ['dump', 'dump'],
    ['🙂', '🙂'],
    ['', ''],
  ])('%s', (text, spelled) => {
    expect(knownSpelling(text, known)).toBe(spelled);
  });

  it('are in all texts of a layout', () => {
    const objects = [{ phrase: 'a hard-hat', box: [0, 0, 1, 1] as const }];
    const layout = { prompt: 'a dump truck', negativePrompt: 'a t shirt', objects };
    expect(inKnownSpelling(layout, words)).toEqual({
      prompt: 'a dump-truck',
      negativePrompt: 'a t-shirt',
      objects: [{ phrase: 'a hard hat', box: [0, 0, 1, 1] }],
    });
  });
});
