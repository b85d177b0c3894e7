// Boxes in pixels, and what is refused before they are made.

import type { Box } from '@spatiallock/core';
import { describe, expect, it } from 'vitest';
import { evaluateDetections } from '../src/index.js';
import { pixelBox, pixelObject, pixelOverlap } from '../src/metrics/pixels.js';
import { validateSize } from '../src/metrics/validate.js';

const size = { width: 100, height: 50 };

describe('pixelBox', () => {
  it('is corner, width and height, also of less than a pixel', () => {
    expect(pixelBox([0.1, 0.2, 0.4, 0.8], size)).toEqual([10, 10, 30, 30]);
    const [x, y, width, height] = pixelBox([0.5, 0.5, 0.5025, 0.51], size);
    expect([x, y]).toEqual([50, 25]);
    expect([width, height]).toEqual([0.25, 0.5]);
  });

  it('has no area where corners are inverted', () => {
    expect(pixelBox([0.4, 0.8, 0.1, 0.2], size)).toEqual([40, 40, 0, 0]);
  });

  it('gives six digits back, and keeps what has more', () => {
    const given = 33.123457;
    expect(pixelBox([given / 100, 0, 1, 1], size)[0]).toBe(given);
    const finer = 33.1234567891;
    expect(pixelBox([finer / 100, 0, 1, 1], size)[0]).toBeCloseTo(finer, 11);
  });

  it('takes the area of a mask where one is given', () => {
    const box: Box = [0, 0, 0.5, 0.5];
    expect(pixelObject({ label: 'dog', box }, size).area).toBe(50 * 25);
    expect(pixelObject({ label: 'dog', box, area: 0.1 }, size).area).toBe(500);
    expect(pixelObject({ label: 'dog', box, area: 0 }, size).area).toBe(0);
  });

  it('overlaps a crowd by the share of the detection', () => {
    expect(pixelOverlap([0, 0, 10, 10], [5, 0, 10, 10], false)).toBe(50 / 150);
    expect(pixelOverlap([0, 0, 10, 10], [5, 0, 10, 10], true)).toBe(0.5);
    expect(pixelOverlap([0, 0, 10, 10], [10, 0, 10, 10], false)).toBe(0);
    expect(pixelOverlap([0, 0, 10, 10], [0, 10, 10, 10], true)).toBe(0);
  });
});

describe('what is no box, size, area or score', () => {
  it.each([
    [1, 1],
    [0.5, 3],
  ])('pictures of %d x %d are taken', (width, height) => {
    expect(() => validateSize({ width, height }, 'size')).not.toThrow();
  });

  it.each([
    [0, 1],
    [1, 0],
    [-1, -1],
    [Number.NaN, 1],
    [Number.POSITIVE_INFINITY, 1],
  ])('pictures of %d x %d are refused', (width, height) => {
    expect(() => validateSize({ width, height }, 'size')).toThrow('size: width and height must be positive');
  });

  const box: Box = [0.1, 0.1, 0.5, 0.5];
  const judged =
    (object: object, detection: object = {}) =>
    () =>
      evaluateDetections([
        {
          truth: [{ label: 'dog', box, ...object }],
          detections: [{ label: 'dog', box, score: 0.5, ...detection }],
        },
      ]);

  it.each([0, 0.5, 1])('an area of %d is taken', (area) => {
    expect(judged({ area })).not.toThrow();
  });

  it.each([-1e-9, 1 + 1e-9, Number.NaN])('an area of %d is refused', (area) => {
    expect(judged({ area })).toThrow('images[0].truth[0].area: must be a fraction');
  });

  it.each([[[0, 0, 1]], [[0, 0, 1, 1, 1]], ['0 0 1 1'], [{ length: 4 }], [[0, 0, 1, Number.NaN]]])(
    'a box of %o is refused',
    (wrong) => {
      expect(judged({ box: wrong })).toThrow('images[0].truth[0].box: must be four finite numbers');
      expect(judged({}, { box: wrong })).toThrow('images[0].detections[0].box: must be four finite numbers');
    },
  );

  it('a score that is no number is refused', () => {
    expect(judged({}, { score: Number.NaN })).toThrow('images[0].detections[0].score');
  });
});
