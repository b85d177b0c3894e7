// False alarms against missed objects, by hand.

import type { Box } from '@spatiallock/core';
import { expect, it } from 'vitest';
import { precisionRecall } from '../src/precisionRecall.js';

const [left, right]: Box[] = [
  [0, 0, 0.4, 0.4],
  [0.6, 0.6, 1, 1],
];
const pictures = [
  {
    truth: [
      { label: 'dog', box: left },
      { label: 'cat', box: right },
    ],
    detections: [
      { label: 'dog', box: left, score: 0.9 },
      { label: 'cat', box: right, score: 0.25 },
      { label: 'cat', box: left, score: 0.3 },
    ],
  },
];

it('counts what is at least as sure as it must be', () => {
  expect(precisionRecall(pictures, 0.2)).toEqual({ precision: 2 / 3, recall: 1, f1: 4 / 5 });
  expect(precisionRecall(pictures, 0.3)).toEqual({ precision: 1 / 2, recall: 1 / 2, f1: 1 / 2 });
  expect(precisionRecall(pictures, 0.5)).toEqual({ precision: 1, recall: 1 / 2, f1: 2 / 3 });
  expect(precisionRecall(pictures, 1)).toEqual({ precision: 1, recall: 0, f1: 0 });
});

it('refuses pictures without an object', () => {
  expect(() => precisionRecall([{ truth: [], detections: [] }], 0.3)).toThrow('pictures: hold no object');
});
