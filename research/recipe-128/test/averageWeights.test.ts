import { tensor } from '@spatiallock/core';
import { expect, it } from 'vitest';
import { averageWeights } from '../src/averageWeights.js';

const one = { a: tensor([1, 2], [2]), b: tensor([4], []) };

it('lies in the middle between two models', () => {
  const mean = averageWeights(one, { b: tensor([-4], []), a: tensor([3, 2], [2]) });
  expect(mean).toEqual({ a: tensor([2, 2], [2]), b: tensor([0], []) });
});

it('names the weight by which two models differ', () => {
  expect(() => averageWeights(one, { a: one.a })).toThrow('b: only the first model has it');
  expect(() => averageWeights({ a: one.a }, one)).toThrow('b: only the second model has it');
  expect(() => averageWeights(one, { ...one, a: tensor([1], [1]) })).toThrow(
    'a: has shape [2] in the first model and [1] in the second',
  );
});
