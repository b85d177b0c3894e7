// Boxes for what captions name.

import { iou, MAX_OBJECTS } from '@spatiallock/core';
import { labelNames, phraseMatcher } from '@spatiallock/core/pipeline';
import { layoutFromCaption, namedThings, withCategories } from '@spatiallock/data';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { labelOf, nouns } from './captionWords.js';

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
