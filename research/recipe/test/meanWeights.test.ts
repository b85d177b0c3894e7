import { tensor } from '@spatiallock/core';
import { expect, it } from 'vitest';
import { meanWeights } from '../src/meanWeights.js';

const one = { a: tensor([1, 2], [2]), b: tensor([4], []) };

it('lies in the middle between two models', () => {
  const mean = meanWeights(one, { b: tensor([-4], []), a: tensor([3, 2], [2]) });
  expect(mean).toEqual({ a: tensor([2, 2], [2]), b: tensor([0], []) });
});

it('names the weight by which two models differ', () => {
  expect(() => meanWeights(one, { a: one.a })).toThrow('b: only the first model has it');
  expect(() => meanWeights({ a: one.a }, one)).toThrow('b: only the second model has it');
  expect(() => meanWeights(one, { ...one, a: tensor([1], [1]) })).toThrow(
    'a: has shape [2] in the first model and [1] in the second',
  );
});
