// Boxes for what captions name.

import { iou, MAX_OBJECTS } from '@spatiallock/core';
import { labelNames, phraseMatcher } from '@spatiallock/core/pipeline';
import { layoutFromCaption, namedThings, withCategories } from '@spatiallock/data';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

const nouns = [
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
const labelOf = (phrase: string) => match(phrase)?.label;

/** "2 a red apple" for each kind. */
const read = (caption: string) =>
  namedThings(caption, labelOf).map(({ count, phrase }) => `${count} ${phrase}`);

describe('the things that a caption names', () => {
  it.each([
    ['two red apples and a cat on a beach', ['2 a red apple', '1 a cat']],
    ['zero dogs and twelve cats', ['12 a cat']],
    ['100 dogs, fifteen red apples', ['100 a dog', '15 a red apple']],
    ['a 747 dog and 1957 cats', ['1 a 747 dog', '2 a 1957 cat']],
    ['two rockets at night', ['2 a rocket']],
    ['A photo of three foxes, an apple and the dog', ['3 a fox', '1 an apple', '1 a dog']],
    ['puppies in a meadow', ['2 a puppy']],
    ['the puppies and a cat', ['2 a puppy', '1 a cat']],
    ['a pair of cats', ['2 a cat']],
    ['several people on the bus', ['3 a person', '1 a bus']],
    ['4 buses', ['4 a bus']],
    ['a few dogs, lots of cats and a dozen apples', ['3 a dog', '5 a cat', '12 an apple']],
    ["a cat on the dog's red bus", ['1 a cat', '1 a dog', '1 red bus']],
    ['a small fluffy orange cat', ['1 a small fluffy orange cat']],
    ['a dog under the stars', ['1 a dog']],
    ['a dog under a star', ['1 a dog', '1 a star']],
    ['blue dog and cat', ['1 blue dog', '1 cat']],
    ['scissors', ['1 scissors']],
  ])('%s', (caption, wanted) => {
    expect(read(caption)).toEqual(wanted);
  });

  it.each([
    ['two red and three blue buses', ['2 a red bus', '3 a blue bus']],
    ['a red, a blue and a green bus', ['1 a red bus', '1 a blue bus', '1 a green bus']],
    ['several old and one new red buses', ['3 an old bus', '1 a new red bus']],
    ['three red and blue and one green buses', ['2 a red bus', '1 a blue bus', '1 a green bus']],
    ['two orange and three blue cups', ['2 an orange cup', '3 a blue cup']],
    [
      'two red cups, three blue ones and a big green one',
      ['2 a red cup', '3 a blue cup', '1 a big green cup'],
    ],
    ['two cups, a red one and a blue one', ['2 a cup']],
    ['a black and white cat', ['1 a black and white cat']],
    ['a big, red bus', ['1 a big red bus']],
    ['a photo of red, green and blue buses', ['1 a red bus', '1 a green bus', '1 a blue bus']],
    ['three black and white cats', ['2 a black cat', '1 a white cat']],
    // Nor is what a name does, or a name that is not known, an adjective.
    ['two people riding buses, dogs chase black cats', ['2 a person', '2 a bus', '2 a dog', '2 a black cat']],
    ['cat;dog;bus', ['1 cat', '1 dog', '1 bus']],
    ['cats vs dogs', ['2 a cat', '2 a dog']],
    ['a table and two red cups', ['2 a red cup']],
    ['the sky is blue and two cats play', ['2 a cat']],
    ['the sky is blue and red stars shine', ['2 a red star']],
    ['a cat in white, red buses', ['1 a cat', '2 a red bus']],
    ['the night is blue. Cats, dogs', ['2 a cat', '2 a dog']],
    ['an orange and two blue buses', ['1 an orange', '2 a blue bus']],
    ['a dog under the red and blue stars', ['1 a dog']],
  ])('share a noun: %s', (caption, wanted) => {
    expect(read(caption)).toEqual(wanted);
  });

  it.each([
    ['twenty five cats and thirty-one dogs', ['25 a cat', '31 a dog']],
    ['two dozen apples, half a dozen red apples', ['24 an apple', '6 a red apple']],
    ['a hundred cats, two hundred and five dogs', ['100 a cat', '205 a dog']],
    ['2x cats, 3 x dogs & 1 bus', ['2 a cat', '3 a dog', '1 a bus']],
    ['2-3 cats', ['3 a cat']],
    ['one of the cats, 3 of the 5 dogs', ['1 a cat', '3 a dog']],
    ['two cats and two more cats', ['2 a cat', '2 a cat']],
    ['my cat, your dogs, all three buses and another star', ['1 a cat', '2 a dog', '3 a bus', '1 a star']],
    ['a pair of scissors, two pairs of scissors', ['1 scissors', '2 scissors']],
    ['- two cats\n- a dog', ['2 a cat', '1 a dog']],
  ])('are counted: %s', (caption, wanted) => {
    expect(read(caption)).toEqual(wanted);
  });

  it.each([
    ['a room without cats or dogs, and a bus', ['1 a bus']],
    ['no cats, dogs or buses', []],
    ['no cats, dogs', ['2 a dog']],
    ['neither cats nor dogs', []],
    ['not a cat but a dog', ['1 a dog']],
  ])('are none where they are negated: %s', (caption, wanted) => {
    expect(read(caption)).toEqual(wanted);
  });

  it.each([
    ['a hot dog beside a dog', ['hot dog', 'dog']],
    ['a teddy bear and a bear', ['teddy bear', 'bear']],
    ['an alarm clock', ['alarm clock']],
    ['two wine glasses', ['wine glass']],
    ['a cup of coffee and a cup', ['coffee', 'cup']],
    ['two bunches of grapes', ['grapes']],
    ['a picture of a potted plant', ['potted plant']],
    ['dogs, cats', ['dog', 'cat']],
    ['a cat without a dog, and no rockets or 0 buses', ['cat']],
    ['a fine morning', []],
    ['', []],
  ])('%s: by their labels', (caption, wanted) => {
    expect(namedThings(caption, labelOf).map(({ label }) => label)).toEqual(wanted);
  });

  it('are read from any text, in phrases that name them', () => {
    const words = [
      ...nouns,
      'two',
      'a',
      'the',
      'of',
      'on',
      ',',
      'and',
      'red',
      'puppies',
      '12',
      'many',
      '-',
      '🙂',
    ];
    const captions = fc.array(fc.constantFrom(...words), { maxLength: 14 }).map((each) => each.join(' '));
    fc.assert(
      fc.property(captions, (caption) => {
        for (const { label, phrase, count } of namedThings(caption, labelOf)) {
          expect(labelOf(phrase)).toBe(label);
          expect(count).toBeGreaterThanOrEqual(1);
        }
      }),
    );
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (caption) => void namedThings(caption, labelOf)));
  });

  it('need a text and a function', () => {
    expect(() => namedThings(7 as never, labelOf)).toThrow('caption');
    expect(() => namedThings('a dog', undefined as never)).toThrow('labelOf: must be a function');
  });
});

describe('a layout from a caption', () => {
  it('has a box for each thing, none over another, by its seed', () => {
    const caption = 'three dogs, two cats and a bus';
    const layout = layoutFromCaption(caption, { labelOf, seed: 3 });
    expect(layout.prompt).toBe(caption);
    expect(layout.objects.map(({ phrase }) => phrase)).toEqual([
      ...['a dog', 'a dog', 'a dog', 'a cat', 'a cat', 'a bus'],
    ]);
    expect(layoutFromCaption(caption, { labelOf, seed: 3 })).toEqual(layout);
    expect(layoutFromCaption(caption, { labelOf, seed: 4 })).not.toEqual(layout);
  });

  it('finds room for any number of things inside of the picture', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 99 }), fc.nat(), (count, seed) => {
        const { objects } = layoutFromCaption(`${count} dogs`, { labelOf, seed });
        expect(objects).toHaveLength(Math.min(count, MAX_OBJECTS));
        objects.forEach(({ box }, i) => {
          const [left, top, right, bottom] = box;
          expect(0 <= left && left < right && right <= 1 && 0 <= top && top < bottom && bottom <= 1).toBe(
            true,
          );
          for (const other of objects.slice(0, i)) expect(iou(box, other.box)).toBe(0);
        });
      }),
      { numRuns: 60 },
    );
  });

  it('says that it holds no more than a layout may', () => {
    const warned = (caption: string) => {
      const warnings: string[] = [];
      layoutFromCaption(caption, { labelOf, seed: 1, onWarning: (warning) => warnings.push(warning) });
      return warnings;
    };
    expect(warned(`${MAX_OBJECTS} dogs`)).toEqual([]);
    expect(warned('28 dogs and twelve cats')).toEqual([
      'the caption names 40 things; the first 30 have boxes, the most of a layout; name fewer',
    ]);
    expect(() => layoutFromCaption('a dog', { labelOf, seed: 1, onWarning: 1 as never })).toThrow(
      'options.onWarning',
    );
  });

  it('gives one thing a third of the picture or so, and fewer to each of many', () => {
    const area = (caption: string) => {
      const { objects } = layoutFromCaption(caption, { labelOf, seed: 1 });
      const [left, top, right, bottom] = objects[0]!.box;
      return (right - left) * (bottom - top);
    };
    expect(area('a dog')).toBeGreaterThan(0.2);
    expect(area('a dog')).toBeLessThan(0.5);
    expect(area('eight dogs')).toBeLessThan(area('two dogs'));
  });

  it('has no objects where the caption names none', () => {
    expect(layoutFromCaption('a fine morning', { labelOf, seed: 1 })).toEqual({
      prompt: 'a fine morning',
      objects: [],
    });
  });

  it('shapes its boxes by the aspect ratios that are known', () => {
    const ratios = (aspectOf?: (label: string) => number | undefined) =>
      layoutFromCaption('a dog and a bus', { labelOf, aspectOf, seed: 1 }).objects.map(
        ({ box: [left, top, right, bottom] }) => (right - left) / (bottom - top),
      );
    const [dog, bus] = ratios((label) => (label === 'bus' ? 2 : undefined));
    expect(Math.abs(Math.log(dog!))).toBeLessThan(Math.log(1.12));
    expect(Math.abs(Math.log(bus! / 2))).toBeLessThan(Math.log(1.12));
    expect(() => ratios(() => Number.NaN)).toThrow('options.aspectOf: of dog: must be a number');
    expect(() => ratios(() => 0)).toThrow('options.aspectOf: of dog: must be a number in 0.01..100, not 0');
    expect(() => ratios(5 as never)).toThrow('options.aspectOf');
  });

  it('refuses what is no seed, and options without words', () => {
    expect(() => layoutFromCaption('a dog', { seed: 1 } as never)).toThrow('options.labelOf: must be');
    expect(() => layoutFromCaption('a dog', { labelOf, seed: -1 })).toThrow('options.seed');
  });
});

describe('what a training taught', () => {
  const words = withCategories({ labelOf, aspectOf: () => 0.5 }, [
    { name: 'forklift', aspect: 3 },
    { name: 'hard hat' },
    { name: 'dog', aspect: 2 },
  ]);

  it('is named beside what a detector knows, and is as wide as it was', () => {
    const { objects } = layoutFromCaption('two forklifts, a yellow hard hat, a dog and a cat', {
      ...words,
      seed: 4,
    });
    const phrases = objects.map(({ phrase }) => phrase);
    expect(phrases).toEqual(['a forklift', 'a forklift', 'a yellow hard hat', 'a dog', 'a cat']);
    const aspects = objects.map(({ box: [left, top, right, bottom] }) => (right - left) / (bottom - top));
    const usual = [3, 3, 0.5, 2, 0.5];
    for (const [i, aspect] of aspects.entries())
      expect(Math.abs(Math.log(aspect / usual[i]!))).toBeLessThan(0.12);
  });

  it('may begin, go on and end with what a detector knows', () => {
    const taught = [
      { name: 'bus crane', aspect: 2 },
      { name: 'bus crane wheel', aspect: 4 },
      { name: 'dog house', aspect: 3 },
      { name: 'red bus lane sign' },
      { name: 'cup holder' },
    ];
    const known = phraseMatcher([...labelNames([...nouns, 'house'])]);
    const own = withCategories({ labelOf: (phrase) => known(phrase)?.label }, taught);
    const things = (caption: string) =>
      namedThings(caption, own.labelOf).map(({ label, phrase, count }) => `${count} ${phrase}: ${label}`);
    expect(things('a bus crane')).toEqual(['1 a bus crane: bus crane']);
    expect(things('two dog houses and a dog')).toEqual(['2 a dog house: dog house', '1 a dog: dog']);
    expect(things('three big bus crane wheels, a bus')).toEqual([
      '3 a big bus crane wheel: bus crane wheel',
      '1 a bus: bus',
    ]);
    expect(things('a red bus lane sign beside a red bus')).toEqual([
      '1 a red bus lane sign: red bus lane sign',
      '1 a red bus: bus',
    ]);
    expect(things('a cup, holder')).toEqual(['1 a cup: cup']);
    const { objects } = layoutFromCaption('a bus crane', { ...own, seed: 4 });
    const [left, top, right, bottom] = objects[0]!.box;
    expect(Math.abs(Math.log((right - left) / (bottom - top) / 2))).toBeLessThan(0.12);
  });

  it('may be called by its plural', () => {
    const own = withCategories({ labelOf }, [{ name: 'hard hats' }, { name: 'forklifts' }]);
    expect(namedThings('a hard hat, two yellow hard hats and three forklifts', own.labelOf)).toEqual([
      { label: 'hard hats', phrase: 'a hard hat', count: 1 },
      { label: 'hard hats', phrase: 'a yellow hard hat', count: 2 },
      { label: 'forklifts', phrase: 'a forklift', count: 3 },
    ]);
  });

  it('is all there is without a detector', () => {
    const alone = withCategories(undefined, [{ name: 'forklift' }]);
    expect(namedThings('a forklift and a cat', alone.labelOf)).toEqual([
      { label: 'forklift', phrase: 'a forklift', count: 1 },
    ]);
    expect(alone.aspectOf?.('forklift')).toBeUndefined();
  });
});
