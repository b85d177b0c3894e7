// What is counted where nothing else is said.

import type { Box } from '@spatiallock/core';
import { describe, expect, it } from 'vitest';
import { evaluateDetections } from '../src/index.js';
import { AREA_RANGES, IOU_THRESHOLDS } from '../src/metrics/coco-matching.js';

const box: Box = [0.1, 0.1, 0.5, 0.5];
const truth = [{ label: 'dog', box }];
const seen = (score: number, at: Box = box) => [{ label: 'dog', score, box: at }];

describe('evaluateDetections', () => {
  it('counts a detection for mean IoU from a score of 0.3, and for AP any', () => {
    const at = (score: number) => evaluateDetections([{ truth, detections: seen(score) }]);
    expect(at(0.3)).toMatchObject({ meanIoU: 1, instanceSuccessRate: 1, AP: 1 });
    expect(at(0.31)).toMatchObject({ meanIoU: 1, instanceSuccessRate: 1 });
    expect(at(0.299)).toMatchObject({ meanIoU: 0, instanceSuccessRate: 0, AP: 1 });
  });

  it('counts an object as placed from an IoU of a half', () => {
    const half = evaluateDetections([{ truth, detections: seen(0.9, [0.1, 0.1, 0.5, 0.3]) }]);
    expect(half.meanIoU).toBeCloseTo(0.5, 9);
    const wide = (x1: number) =>
      evaluateDetections([{ truth, detections: seen(0.9, [0.1, 0.1, x1, 0.5]) }]).instanceSuccessRate;
    expect([wide(0.31), wide(0.29)]).toEqual([1, 0]);
  });

  it('measures size ranges in an image of 640 x 480', () => {
    const square = (pixels: number): Box => [0, 0, pixels / 640, pixels / 480];
    const sizes = (pixels: number) => {
      const at = square(pixels);
      const { APSmall, APMedium, APLarge } = evaluateDetections([
        { truth: [{ label: 'dog', box: at }], detections: seen(0.9, at) },
      ]);
      return [APSmall, APMedium, APLarge];
    };
    expect(sizes(31)).toEqual([1, null, null]);
    expect(sizes(33)).toEqual([null, 1, null]);
    expect(sizes(97)).toEqual([null, null, 1]);
  });

  it('counts a hundred detections an image and label, the strongest', () => {
    const aside: Box = [0.8, 0.8, 0.9, 0.9];
    const strong = (count: number) => Array.from({ length: count }, () => seen(0.9, aside)).flat();
    const recall = (others: number) =>
      evaluateDetections([{ truth, detections: [...strong(others), ...seen(0.5)] }]).AR;
    expect([recall(99), recall(100)]).toEqual([1, 0]);
  });

  it('lists labels in alphabetical order, each asked for once', () => {
    const image = { truth: [...truth, { label: 'cat', box }], detections: seen(0.9) };
    const { labels } = evaluateDetections([image, image]);
    expect(labels.map(({ label, instances }) => [label, instances])).toEqual([
      ['cat', 2],
      ['dog', 2],
    ]);
  });

  it('needs an object that is no crowd', () => {
    const crowd = { label: 'dog', box, crowd: true };
    expect(() => evaluateDetections([{ truth: [crowd], detections: seen(0.9) }])).toThrow(
      'no object to find',
    );
  });

  it('refuses boxes without width or height', () => {
    const flat = (at: Box) => () =>
      evaluateDetections([{ truth: [{ label: 'dog', box: at }], detections: [] }]);
    expect(flat([0.1, 0.1, 0.1, 0.5])).toThrow(
      'images[0].truth[0].box: x1 (0.1) must be greater than x0 (0.1)',
    );
    expect(flat([0.1, 0.5, 0.3, 0.5])).toThrow(
      'images[0].truth[0].box: y1 (0.5) must be greater than y0 (0.5)',
    );
  });
});

describe("COCO's numbers", () => {
  it('are the thresholds of numpy.linspace(0.5, 0.95, 10)', () => {
    expect(IOU_THRESHOLDS).toEqual([0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.8999999999999999, 0.95]);
  });

  it('are areas of 32 and 96 pixels squared', () => {
    expect(AREA_RANGES).toEqual({
      all: [0, Number.POSITIVE_INFINITY],
      small: [0, 1024],
      medium: [1024, 9216],
      large: [9216, Number.POSITIVE_INFINITY],
    });
  });
});
