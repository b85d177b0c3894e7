// Figures of pictures at the threshold of success, by hand.

import type { Box } from '@spatiallock/core';
import { describe, expect, it } from 'vitest';
import {
  benchmarkScores,
  colourShares,
  evaluateDetections,
  figuresOf,
  migScore,
  overlapScore,
  traitsOf,
} from '../src/index.js';

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

describe('pictures of several sizes', () => {
  const sized = (width: number, height: number, place: Box) => ({
    ...{ scene: { layout: { prompt: '', objects: [{ phrase: 'a dog', box: place }] }, labels: ['dog'] } },
    image: { width, height, channels: 3 as const, data: new Uint8ClampedArray(3 * width * height) },
    detections: [{ label: 'dog', score: 0.9, box: place }],
  });
  const quarter: Box = [0, 0, 0.5, 0.5];

  it('have each their own pixels', () => {
    const [little, big] = [sized(40, 20, quarter), sized(400, 240, quarter)];
    for (const pictures of [
      [little, big],
      [big, little],
    ]) {
      expect(figuresOf(pictures)).toMatchObject({ APSmall: 1, APMedium: null, APLarge: 1 });
    }
    expect(() => figuresOf([big, { ...little, image: { ...little.image, width: 0 } }])).toThrow(
      'pictures[1].image: width and height must be positive pixels, are 0 and 20',
    );
  });

  it('have each their own pixels in the scores of benchmarks, too', () => {
    const objects = [{ phrase: 'a dog', label: 'dog', box: quarter }];
    const { detections } = sized(8, 8, quarter);
    const scored = (width: number) =>
      benchmarkScores([{ objects, detections, colourShares: [undefined], size: { width, height: 4 } }], {
        ...{ width: 8, height: 8 },
      });
    expect(scored(8).coco.AP).toBeCloseTo(1, 12);
    expect(() => scored(0)).toThrow('images[0].size: width and height must be positive pixels, are 0 and 4');
  });

  it('stretch their objects as they are seen', () => {
    // As wide as high in fractions, and 3:1 in pixels; the other way about in the second.
    const [wide, narrow] = [sized(120, 40, quarter), sized(120, 40, [0, 0, 0.2, 0.6])];
    const stretched = (...pictures: (typeof wide)[]) => figuresOf(pictures).subsets.stretched.instances;
    expect([stretched(wide), stretched(narrow), stretched(narrow, wide)]).toEqual([1, 0, 1]);
    const { scene } = narrow;
    expect([traitsOf(scene), traitsOf(scene, narrow.image)].map(([own]) => own!.stretched)).toEqual([
      true,
      false,
    ]);
    expect(() => traitsOf(scene, { width: 1 } as never)).toThrow('size: width and height must be positive');
  });
});

describe('bad input', () => {
  const dog = { label: 'dog', box };
  const seen = { ...dog, score: 0.9 };

  it('is no object found', () => {
    const rate = (detections: readonly (typeof seen)[]) =>
      evaluateDetections([{ truth: [dog], detections }], { successIoU: 0 }).instanceSuccessRate;
    expect([rate([seen]), rate([])]).toEqual([1, 0]);
  });

  it('is named: labels, sizes, shares, masks and pairs', () => {
    const evaluated = (given: object) => () =>
      evaluateDetections([{ truth: [dog], detections: [], ...given }]);
    expect(evaluated({ truth: [{ box }] })).toThrow('images[0].truth[0].label: must be text');
    expect(evaluated({ detections: [{ box, score: 1 }] })).toThrow(
      'images[0].detections[0].label: must be text',
    );
    expect(evaluated({ size: null })).toThrow('images[0].size: must be an object');
    expect(evaluated({ size: undefined })).not.toThrow();
    const object = { ...dog, phrase: 'a dog', colour: 'red' };
    const picture = { objects: [object, object], detections: [] };
    expect(() => migScore([{ ...picture, colourShares: [0.9] }])).toThrow(
      'pictures[0].colourShares: 1 shares for 2 objects; give one for each, or none',
    );
    expect(() => colourShares(image, [object], [new Uint8Array(3)])).toThrow('mask: must hold 10000 numbers');
    const pairs =
      (...overlaps: unknown[]) =>
      () =>
        overlapScore([{ ...picture, overlaps } as never]);
    expect(pairs([0, 2])).toThrow('pictures[0].overlaps[0]: must be a whole number in 0..1, not 2');
    expect(pairs([0, 1], [0])).toThrow('pictures[0].overlaps[1]: must hold 2 numbers');
    expect(pairs([0, 1])()).toMatchObject({ overlapMeanIoU: 0 });
  });
});
