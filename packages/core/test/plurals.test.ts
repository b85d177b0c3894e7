import {
  isPair,
  labelNames,
  phraseMatcher,
  pluralOf,
  singularForms,
  singularOf,
} from '@spatiallock/core/pipeline';
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
  ['camera', 'cameras'],
  ['gas', 'gases'],
  ['specimen', 'specimens'],
  ['café', 'cafés'],
] as const;

test.each(regular)('of "%s" is "%s"', (name, plural) => {
  expect(pluralOf(name)).toBe(plural);
});

test.each([
  'sheep',
  'aircraft',
  'scissors',
  'safety glasses',
  'series',
  '',
  'погрузчик',
  'красный forklift кран',
  '叉車',
  '3',
])('of "%s" is itself', (name) => {
  expect(pluralOf(name)).toBe(name);
});

test('of each single word leads back to it', () => {
  for (const [name, plural] of regular.filter(([each]) => !each.includes(' '))) {
    expect(singularForms(plural)).toContain(name);
  }
  expect(singularForms('glass')).toEqual([]);
  expect(singularForms('dog')).toEqual([]);
});

test.each([
  ...regular,
  ['horse', 'horses'],
  ['cookie', 'cookies'],
  ['pie', 'pies'],
  ['glove', 'gloves'],
] as const)('"%s" is the singular of "%s", and a singular has none', (name, plural) => {
  expect(singularOf(name)).toBeUndefined();
  if (!['bus', 'lens', 'gas'].includes(name)) expect(singularOf(plural)).toBe(name);
});

test.each(['scissors', 'safety glasses', 'sheep', 'series', 'bus', 'canvas', '', 'вилки'])(
  '"%s" has no other singular',
  (name) => {
    expect(singularOf(name)).toBeUndefined();
  },
);

test('a pair has no article', () => {
  expect(['Scissors', 'sunglasses', 'hats', 'bus'].map(isPair)).toEqual([true, true, false, false]);
});

test('labels that are plurals are known by their singulars', () => {
  const find = phraseMatcher(labelNames(['hard hats', 'scissors']));
  expect(['a hard hat', 'two hard hats', 'scissors', 'a hat'].map((phrase) => find(phrase)?.label)).toEqual([
    ...['hard hats', 'hard hats', 'scissors', undefined],
  ]);
});
