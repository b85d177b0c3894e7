import { tensor } from '@spatiallock/core';
import { expect, it } from 'vitest';
import { forLabels } from '../src/labelRows.js';

const from = ['dog', 'cat'];
const to = ['cat', 'bus', 'dog'];

it('keeps the rows of known labels, gives new ones the mean, and leaves what stands behind the labels', () => {
  const weights = {
    'class.weight': tensor([1, 2, 3, 4, 9, 9], [3, 2]),
    'conv.weight': tensor([5, 6], [2, 1]),
  };
  const shapes = { 'class.weight': [4, 2], 'conv.weight': [2, 1] };
  const changed = forLabels(weights, { from, to, shapes });
  expect(changed['class.weight']).toEqual(tensor([3, 4, 2, 3, 1, 2, 9, 9], [4, 2]));
  expect(changed['conv.weight']).toBe(weights['conv.weight']);
});

it.each([
  ['another width', [3, 5]],
  ['another number of rows', [7, 2]],
])('refuses %s, and names the parameter', (_, shape) => {
  const weights = { 'class.weight': tensor([1, 2, 3, 4], [2, 2]) };
  expect(() => forLabels(weights, { from, to, shapes: { 'class.weight': shape } })).toThrow(
    `class.weight: has the shape [2, 2], needs [${shape.join(', ')}]`,
  );
});
