// What trainings say that they taught.

import type { Box } from '@spatiallock/core';
import { parseCategories } from '@spatiallock/core/modules';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { categoriesOf } from '../src/categories.js';

const picture = (width: number, height: number, ...objects: [string, Box][]) => ({
  width,
  height,
  objects: objects.map(([label, box]) => ({ label, phrase: label, box })),
});

describe('the categories of pictures', () => {
  it('are their labels, the most frequent first, with the median aspect in pixels', () => {
    const pictures = [
      picture(200, 100, ['hard hat', [0, 0, 0.5, 0.5]], ['a forklift', [0, 0, 0.5, 0.5]]),
      picture(100, 100, ['forklift', [0, 0, 0.4, 0.8]], ['The forklift', [0, 0, 0.6, 0.6]]),
    ];
    expect(categoriesOf(pictures)).toEqual([
      { name: 'forklift', aspect: 1 },
      { name: 'hard hat', aspect: 2 },
    ]);
  });

  it('are read again, whatever the labels and boxes are', () => {
    const side = fc.double({ min: 1e-6, max: 1, noNaN: true });
    const object = fc.tuple(fc.string({ maxLength: 300 }), side, side);
    fc.assert(
      fc.property(fc.array(object, { maxLength: 20 }), (objects) => {
        const pictures = objects.map(([label, right, bottom]) =>
          picture(300, 200, [label, [0, 0, right, bottom]]),
        );
        const categories = categoriesOf(pictures);
        expect(parseCategories(categories, 'it')).toEqual(categories);
      }),
    );
  });

  it('leave out labels that no caption says: too long ones, and those that are an article', () => {
    const objects = ['x'.repeat(201), 'the ', ' '].map((label): [string, Box] => [label, [0, 0, 1, 1]]);
    const apple: [string, Box] = ['an apple', [0, 0, 1, 1]];
    expect(categoriesOf([picture(100, 100, ...objects, apple)])).toEqual([{ name: 'apple', aspect: 1 }]);
  });

  it('are one where labels differ in capitals alone', () => {
    const of = (label: string): [string, Box] => [label, [0, 0, 1, 1]];
    const pictures = [picture(100, 100, of('Forklift'), of('a forklift'), of('FORKLIFT'), of('dog'))];
    expect(categoriesOf(pictures).map(({ name }) => name)).toEqual(['Forklift', 'dog']);
  });

  it('have no aspect where no box tells one', () => {
    const objects: [string, Box][] = [
      ['dog', [Number.NaN, 0, 1, 1]],
      ['cat', [0, 0, 1, 0]],
      ['cat', [0, 0, 0.5, 1]],
    ];
    expect(categoriesOf([picture(100, 100, ...objects)])).toEqual([
      { name: 'cat', aspect: 0.5 },
      { name: 'dog' },
    ]);
  });

  it('are found at once in a large data set', () => {
    const many = Array.from({ length: 300_000 }, (): [string, Box] => ['person', [0, 0, 0.5, 1]]);
    const objects = many.map(([label, box]) => ({ label, phrase: label, box }));
    expect(categoriesOf([{ width: 100, height: 100, objects }])).toEqual([{ name: 'person', aspect: 0.5 }]);
  });
});
