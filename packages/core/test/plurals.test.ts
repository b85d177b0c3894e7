import { pluralOf, singularForms } from '@spatiallock/core/pipeline';
import { expect, test } from 'vitest';

const regular = [
  ['forklift', 'forklifts'],
  ['hard hat', 'hard hats'],
  ['bag of cement', 'bags of cement'],
  ['cup with a straw', 'cups with a straw'],
  ['bus', 'buses'],
  ['lens', 'lenses'],
  ['glass', 'glasses'],
  ['box', 'boxes'],
  ['bench', 'benches'],
  ['brush', 'brushes'],
  ['baby', 'babies'],
  ['toy', 'toys'],
  ['knife', 'knives'],
  ['bookshelf', 'bookshelves'],
  ['giraffe', 'giraffes'],
  ['roof', 'roofs'],
  ['fireman', 'firemen'],
  ['human', 'humans'],
  ['person', 'people'],
  ['mouse', 'mice'],
  ['potato', 'potatoes'],
  ['photo', 'photos'],
  ['t-shirt', 't-shirts'],
  ['Gabel', 'Gabels'],
] as const;

test.each(regular)('of "%s" is "%s"', (name, plural) => {
  expect(pluralOf(name)).toBe(plural);
});

test.each(['sheep', 'aircraft', 'scissors', 'safety glasses', 'series', ''])('of "%s" is itself', (name) => {
  expect(pluralOf(name)).toBe(name);
});

test('of each single word leads back to it', () => {
  for (const [name, plural] of regular.filter(([each]) => !each.includes(' '))) {
    expect(singularForms(plural)).toContain(name);
  }
  expect(singularForms('glass')).toEqual([]);
  expect(singularForms('dog')).toEqual([]);
});
