import type { Box, Detection, LabelledBox } from '@spatiallock/core';
import { describe, expect, test } from 'vitest';
import { evaluateDetections } from '../src/index.js';

const whole: Box = [0, 0, 0.5, 0.5];
/** IoU 3/4 with `whole`, exactly, so it counts at the six thresholds 0.50 to 0.75. */
const most: Box = [0, 0, 0.5, 0.375];
const elsewhere: Box = [0.6, 0.6, 0.9, 0.9];
const asked = (label: string, box: Box): LabelledBox => ({ label, box });
const seen = (label: string, score: number, box: Box): Detection => ({ label, score, box });

describe('evaluateDetections', () => {
  test('perfect detections give 1 everywhere', () => {
    const image = { truth: [asked('cat', whole), asked('dog', elsewhere)] };
    const detections = image.truth.map(({ label, box }) => seen(label, 0.9, box));
    const result = evaluateDetections([{ ...image, detections }]);
    expect(result).toMatchObject({
      meanIoU: 1,
      instanceSuccessRate: 1,
      AP: 1,
      AP50: 1,
      AP75: 1,
      AR: 1,
      AR1: 1,
    });
    expect(result).toMatchObject({ images: 1, instances: 2, APLarge: 1, APSmall: null, ARMedium: null });
  });

  test('no detection gives 0 everywhere', () => {
    const result = evaluateDetections([{ truth: [asked('cat', whole)], detections: [] }]);
    expect(result).toMatchObject({ meanIoU: 0, instanceSuccessRate: 0, AP: 0, AP50: 0, AR: 0, AR1: 0 });
  });

  test('a hit, a false alarm, and a hit of IoU 3/4', () => {
    const result = evaluateDetections([
      { truth: [asked('cat', whole)], detections: [seen('cat', 0.9, whole), seen('cat', 0.8, elsewhere)] },
      { truth: [asked('cat', whole)], detections: [seen('cat', 0.7, most)] },
    ]);
    // To 0.75: precision 1, 1/2, 2/3 at recall 1/2, 1/2, 1. Levels 0..0.50 (51 of them) see 1, the other 50 see 2/3.
    const low = (51 + 50 * (2 / 3)) / 101;
    // From 0.80: the third is a false alarm too; 51 levels see 1, the others are never reached.
    const high = 51 / 101;
    expect(result.AP50).toBeCloseTo(low, 12);
    expect(result.AP75).toBeCloseTo(low, 12);
    expect(result.AP).toBeCloseTo((6 * low + 4 * high) / 10, 12);
    // Recall 1 at six thresholds, 1/2 at four. With one detection an image the same objects are found.
    expect(result.AR).toBeCloseTo(0.8, 12);
    expect(result.AR1).toBeCloseTo(0.8, 12);
    expect(result.meanIoU).toBe((1 + 0.75) / 2);
    expect(result.instanceSuccessRate).toBe(1);
  });

  test('a second detection of the same object is a false alarm', () => {
    const detections = [seen('cat', 0.9, most), seen('cat', 0.8, whole)];
    const result = evaluateDetections([{ truth: [asked('cat', whole)], detections }]);
    // To 0.75 the first hits: AP 1. From 0.80 the first misses and the second hits: precision 1/2 at recall 1.
    expect(result.AP).toBeCloseTo((6 * 1 + 4 * 0.5) / 10, 12);
    // The instance takes the better of the two, whatever their scores.
    expect(result.meanIoU).toBe(1);
    // With one detection an image the second is never seen.
    expect(result.AR1).toBeCloseTo(0.6, 12);
  });

  test('the right place with the wrong label is a miss; labels nobody asked for cost no precision', () => {
    const truth = [asked('cat', whole), asked('dog', elsewhere)];
    const detections = [seen('dog', 0.9, whole), seen('dog', 0.8, elsewhere), seen('bus', 1, whole)];
    const result = evaluateDetections([{ truth, detections }]);
    // cat: 0. dog: a false alarm, then a hit, so 1/2 at every level. bus: not asked for.
    expect(result.AP50).toBeCloseTo((0 + 0.5) / 2, 12);
    expect(result.meanIoU).toBe(0.5);
    expect(result.instanceSuccessRate).toBe(0.5);
    expect(result.labels).toMatchObject([
      { label: 'cat', instances: 1, AP50: 0, meanIoU: 0, instanceSuccessRate: 0 },
      { label: 'dog', instances: 1, AP50: 0.5, meanIoU: 1, instanceSuccessRate: 1 },
    ]);
  });

  test('success begins at the threshold itself', () => {
    const half: Box = [0, 0, 0.5, 0.25];
    const images = [{ truth: [asked('cat', whole)], detections: [seen('cat', 0.9, half)] }];
    expect(evaluateDetections(images).instanceSuccessRate).toBe(1);
    expect(evaluateDetections(images, { successIoU: 0.51 }).instanceSuccessRate).toBe(0);
  });

  test('weak detections count for AP alone', () => {
    const images = [{ truth: [asked('cat', whole)], detections: [seen('cat', 0.2, whole)] }];
    expect(evaluateDetections(images)).toMatchObject({ AP: 1, meanIoU: 0, instanceSuccessRate: 0 });
    expect(evaluateDetections(images, { minScore: 0.2 })).toMatchObject({
      meanIoU: 1,
      instanceSuccessRate: 1,
    });
  });

  test('detections inside a crowd are not counted, beside it they are', () => {
    const crowd: LabelledBox = { label: 'cat', box: [0.5, 0.5, 1, 1], crowd: true };
    const truth = [asked('cat', whole), crowd];
    const inside = [seen('cat', 0.99, [0.5, 0.5, 0.6, 0.6]), seen('cat', 0.98, [0.7, 0.7, 0.8, 0.8])];
    const hit = seen('cat', 0.5, whole);
    const result = evaluateDetections([{ truth, detections: [...inside, hit] }]);
    expect(result).toMatchObject({ AP: 1, instances: 1, meanIoU: 1 });
    // A fifth of this one lies in the crowd: a false alarm ahead of the hit, precision 1/2.
    const beside = seen('cat', 0.97, [0.4, 0.6, 0.525, 0.7]);
    expect(evaluateDetections([{ truth, detections: [...inside, beside, hit] }]).AP).toBeCloseTo(0.5, 12);
  });

  test('sizes are measured in the reference image', () => {
    // A quarter of each side: 32 x 32 pixels of 128 x 128 are the end of small and the start of medium.
    const truth = [asked('cat', [0, 0, 0.25, 0.25])];
    const images = [{ truth, detections: [seen('cat', 0.9, [0, 0, 0.25, 0.25])] }];
    const at = (side: number) => evaluateDetections(images, { imageSize: { width: side, height: side } });
    expect(at(64)).toMatchObject({ APSmall: 1, APMedium: null, APLarge: null });
    expect(at(128)).toMatchObject({ APSmall: 1, APMedium: 1, APLarge: null });
    expect(at(256)).toMatchObject({ APSmall: null, ARMedium: 1, APLarge: null });
    expect(at(512)).toMatchObject({ APSmall: null, APMedium: null, ARLarge: 1 });
    const size = { width: 512, height: 512 };
    expect(evaluateDetections([{ ...images[0], size }])).toMatchObject({ APSmall: null, APLarge: 1 });
  });

  test('a false alarm counts in the size range of its own area', () => {
    // At 128 pixels the object is medium (64^2); the false alarm, stronger, is small (16^2) and harms only `small`.
    const images = [
      {
        truth: [asked('cat', whole)],
        detections: [seen('cat', 0.9, [0.8, 0.8, 0.925, 0.925]), seen('cat', 0.5, whole)],
      },
    ];
    const result = evaluateDetections(images, { imageSize: { width: 128, height: 128 } });
    expect(result.AP).toBeCloseTo(0.5, 12);
    expect(result.APMedium).toBe(1);
  });

  test('only the strongest detections of an image and label count', () => {
    const detections = [seen('cat', 0.1, whole), seen('cat', 0.9, elsewhere), seen('cat', 0.8, elsewhere)];
    const images = [{ truth: [asked('cat', whole)], detections }];
    expect(evaluateDetections(images).AR).toBe(1);
    expect(evaluateDetections(images, { maxDetections: 2 })).toMatchObject({ AR: 0, AP: 0, AR10: 0 });
  });
});

describe('bad input', () => {
  const good = { truth: [asked('cat', whole)], detections: [seen('cat', 0.9, whole)] };

  test.each([
    [
      [{ ...good, truth: [asked('cat', [0.4, 0, 0.1, 1])] }],
      'images[0].truth[0].box: x1 (0.1) must be greater than x0 (0.4)',
    ],
    [
      [good, { ...good, truth: [asked('cat', [0, 1, 1, 1])] }],
      'images[1].truth[0].box: y1 (1) must be greater than y0 (1)',
    ],
    [
      [{ ...good, detections: [seen('cat', 1, [0, Number.NaN, 1, 1])] }],
      'images[0].detections[0].box: must be four finite',
    ],
    [
      [{ ...good, detections: [seen('cat', 1, [10, 30, 60, 90])] }],
      'images[0].detections[0].box: [10, 30, 60, 90] lies far outside the picture; give fractions',
    ],
    [
      [{ ...good, detections: [seen('cat', Number.NaN, whole)] }],
      'images[0].detections[0].score: must be a finite number',
    ],
    [
      [{ ...good, truth: [{ ...asked('cat', whole), area: 900 }] }],
      'images[0].truth[0].area: must be a fraction',
    ],
    [[{ ...good, size: { width: 0, height: 4 } }], 'images[0].size: width and height must be positive'],
    [[], 'images: no object to find'],
    [[{ ...good, truth: [{ ...asked('cat', whole), crowd: true }] }], 'images: no object to find'],
  ])('%# is refused by name', (images, message) => {
    expect(() => evaluateDetections(images)).toThrow(message);
  });

  test('options are refused by name', () => {
    expect(() => evaluateDetections([good], { maxDetections: 0 })).toThrow('options.maxDetections');
    expect(() => evaluateDetections([good], { imageSize: { width: Number.NaN, height: 1 } })).toThrow(
      'options.imageSize',
    );
  });
});
