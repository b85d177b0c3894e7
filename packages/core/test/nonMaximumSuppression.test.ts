import { expect, test } from 'vitest';
import type { Detection } from '../src/detector/index.js';
import { type Box, nonMaximumSuppression } from '../src/geometry/index.js';

const seen = (label: string, score: number, box: Box): Detection => ({ label, score, box });
// IoU of `whole` with `most` is 3/4, with `half` 1/2; of `most` with `half` 2/3.
const whole: Box = [0, 0, 0.5, 0.5];
const most: Box = [0, 0, 0.5, 0.375];
const half: Box = [0, 0, 0.5, 0.25];

test('keeps the strongest of a label, and boxes whose IoU is not above the threshold', () => {
  const detections = [seen('cat', 0.5, most), seen('cat', 0.9, whole), seen('cat', 0.4, half)];
  // `half` would fall to `most`, but `most` has fallen itself; its IoU with `whole` is the threshold, not above.
  expect(nonMaximumSuppression(detections)).toEqual([detections[1], detections[2]]);
  expect(nonMaximumSuppression(detections, { iouThreshold: 0.49 })).toEqual([detections[1]]);
  expect(nonMaximumSuppression(detections, { iouThreshold: 0.75 })).toEqual([
    detections[1],
    detections[0],
    detections[2],
  ]);
});

test('leaves other labels alone', () => {
  const detections = [seen('cat', 0.9, whole), seen('dog', 0.3, whole)];
  expect(nonMaximumSuppression(detections)).toEqual(detections);
});

test('drops weak detections first and stops at the limit', () => {
  const detections = [seen('cat', 0.2, whole), seen('dog', 0.6, whole), seen('bus', 0.9, whole)];
  expect(nonMaximumSuppression(detections, { minScore: 0.3 })).toEqual([detections[2], detections[1]]);
  expect(nonMaximumSuppression(detections, { maxDetections: 1 })).toEqual([detections[2]]);
  expect(detections.map(({ score }) => score)).toEqual([0.2, 0.6, 0.9]);
});
