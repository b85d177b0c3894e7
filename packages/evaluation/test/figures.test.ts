// Figures of pictures at the threshold of success, by hand.

import type { Box } from '@spatiallock/core';
import { describe, expect, it } from 'vitest';
import { figuresOf } from '../src/index.js';

const image = { width: 100, height: 100, channels: 3, data: new Uint8ClampedArray(30_000) } as const;
const box: Box = [0, 0, 0.5, 1];

/** One object in the left half, and what the detector sees of it. */
function pictureOf(label: string, seen: Box | undefined, seenLabel = label) {
  return {
    scene: { layout: { prompt: '', objects: [{ phrase: `a ${label}`, box }] }, labels: [label] },
    image,
    detections: seen === undefined ? [] : [{ label: seenLabel, score: 0.9, box: seen }],
  };
}

describe('success', () => {
  it.each<[string, Box | undefined, number, number]>([
    ['an IoU of one half itself', [0, 0, 0.25, 1], 0.5, 1],
    ['an IoU below one half', [0, 0, 0.24, 1], 0.48, 0],
    ['all of the box', box, 1, 1],
    ['nothing seen', undefined, 0, 0],
  ])('%s', (_, seen, meanIoU, success) => {
    const figures = figuresOf([pictureOf('dog', seen)]);
    expect(figures.meanIoU).toBeCloseTo(meanIoU, 12);
    expect(figures.instanceSuccessRate).toBe(success);
    expect(figures.labels).toMatchObject([{ label: 'dog', instances: 1, instanceSuccessRate: success }]);
  });

  it('is counted over all objects, and for each class', () => {
    const pictures = [
      pictureOf('dog', box),
      pictureOf('dog', [0, 0, 0.25, 1]),
      pictureOf('cat', [0, 0, 0.24, 1]),
      pictureOf('cat', box, 'dog'),
    ];
    const { labels, instances, instanceSuccessRate, meanIoU } = figuresOf(pictures);
    expect([instances, instanceSuccessRate]).toEqual([4, 0.5]);
    expect(meanIoU).toBeCloseTo((1 + 0.5 + 0.48 + 0) / 4, 12);
    expect(labels.map(({ label, instanceSuccessRate: rate }) => [label, rate])).toEqual(
      expect.arrayContaining([
        ['dog', 1],
        ['cat', 0],
      ]),
    );
  });

  it('of a subset begins at one half, too', () => {
    const objects = [
      { phrase: 'a dog', box },
      { phrase: 'a dog', box: [0.6, 0, 1, 1] as Box },
    ];
    const scene = { layout: { prompt: '', objects }, labels: ['dog', 'dog'] };
    const detections = [{ label: 'dog', score: 0.9, box: [0, 0, 0.25, 1] as Box }];
    const { sameClass, touching, small } = figuresOf([{ scene, image, detections }]).subsets;
    expect(sameClass).toEqual({ instances: 2, meanIoU: 0.25, instanceSuccessRate: 0.5 });
    expect([touching.instances, small]).toEqual([
      0,
      { instances: 0, meanIoU: null, instanceSuccessRate: null },
    ]);
  });
});
