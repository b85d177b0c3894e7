import { readFileSync } from 'node:fs';
import type { Box, RgbImage } from '@spatiallock/core';
import {
  type BenchmarkPicture,
  colourShare,
  colourShares,
  layoutScore,
  migScore,
  overlapScore,
  rgbToHsv,
} from '@spatiallock/evaluation';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Corners, type SlowPicture, slowLayoutScore, slowMig, slowOverlap } from './slowBenchmarks.js';

const RUNS = 10_000;

const rgbImage = (width: number, height: number, data: Uint8Array): RgbImage => ({
  width,
  height,
  channels: 3,
  data: Uint8ClampedArray.from(data),
});

/** Boxes on a coarse grid, so that equal overlaps, touching edges and full matches are frequent. */
const corners = (side: number, grid: number): fc.Arbitrary<Corners> => {
  const edge = fc.integer({ min: 0, max: grid });
  return fc
    .tuple(edge, edge, edge, edge)
    .filter(([a, b, c, d]) => a !== c && b !== d)
    .map(([a, b, c, d]): Corners => {
      const step = side / grid;
      return [Math.min(a, c) * step, Math.min(b, d) * step, Math.max(a, c) * step, Math.max(b, d) * step];
    });
};

const pictures = (side: number): fc.Arbitrary<SlowPicture> => {
  const label = fc.constantFrom('dog', 'cat', 'cup');
  const box = fc.constantFrom(8, 32, side).chain((grid) => corners(side, grid));
  return fc.record({
    objects: fc.array(fc.record({ phrase: fc.constantFrom('a', 'b', 'c', 'd', 'e'), label, box }), {
      minLength: 1,
      maxLength: 6,
    }),
    detections: fc.uniqueArray(fc.record({ label, box, score: fc.double({ min: 0, max: 1, noNaN: true }) }), {
      maxLength: 8,
      selector: ({ score }) => score,
    }),
  });
};

const fractions = (picture: SlowPicture, side: number): BenchmarkPicture => {
  const scaled = (box: Corners) => box.map((corner) => corner / side) as unknown as Box;
  return {
    objects: picture.objects.map((object) => ({ ...object, box: scaled(object.box) })),
    detections: picture.detections.map((detection) => ({ ...detection, box: scaled(detection.box) })),
  };
};

describe('layout score', () => {
  test('agrees with the published rules, written as loops, on 10,000 random sets of boxes', () => {
    fc.assert(
      fc.property(pictures(512), (picture) => {
        expect(layoutScore([fractions(picture, 512)])!.score).toBeCloseTo(slowLayoutScore(picture), 9);
      }),
      { numRuns: RUNS, seed: 1 },
    );
  });

  test('hand-computed: one object of two at an IoU of 0.5', () => {
    const object = (phrase: string, box: Box) => ({ phrase, label: phrase, box });
    const side = 10;
    // 10 x 10 pixels with both edges; the detection has five of their ten columns.
    const objects = [object('dog', [0, 0, 0.9, 0.9]), object('cat', [0, 0, 0.5, 0.5])];
    const detections = [{ label: 'dog', score: 1, box: [0, 0, 0.4, 0.9] as const }];
    const { score, accuracy } = layoutScore([{ objects, detections }], side)!;
    expect(accuracy).toEqual([1, 0.5, 0.5, 0.5, 0.5, 0.5, 0, 0, 0, 0, 0]);
    expect(score).toBeCloseTo(0.1 * (0.75 + 4 * 0.5 + 0.25), 12);
  });

  test('a picture in which nothing is seen counts 0 at every threshold', () => {
    const objects = [{ phrase: 'dog', label: 'dog', box: [0, 0, 1, 1] as const }];
    expect(layoutScore([{ objects, detections: [] }])).toEqual({ score: 0, accuracy: Array(11).fill(0) });
    expect(layoutScore([])).toBeUndefined();
  });
});

describe('overlap score', () => {
  test('agrees with the published rules, written as loops, on 10,000 random sets of boxes', () => {
    fc.assert(
      fc.property(pictures(1024), (picture) => {
        const [meanIoU, overlapMeanIoU] = slowOverlap(picture);
        const score = overlapScore([fractions(picture, 1024)])!;
        expect(score.meanIoU).toBeCloseTo(meanIoU, 9);
        if (overlapMeanIoU === undefined) expect(score.overlapMeanIoU).toBeUndefined();
        else expect(score.overlapMeanIoU).toBeCloseTo(overlapMeanIoU, 9);
      }),
      { numRuns: RUNS, seed: 2 },
    );
  });

  test('takes the pairs that a benchmark names, and no others', () => {
    const at = (x: number): Box => [x, 0, x + 0.5, 0.5];
    const objects = [0, 0.25, 0.5].map((x, i) => ({ phrase: `${i}`, label: `${i}`, box: at(x) }));
    const detections = objects.slice(0, 2).map(({ label, box }) => ({ label, box, score: 1 }));
    expect(overlapScore([{ objects, detections }])!.overlapMeanIoU).toBeCloseTo(0.5, 12);
    expect(overlapScore([{ objects, detections, overlaps: [[0, 1]] }])!.overlapMeanIoU).toBe(1);
    expect(overlapScore([{ objects, detections, overlaps: [] }])!.overlapMeanIoU).toBeUndefined();
  });
});

describe('MIG score', () => {
  test('agrees with the published rules, written as loops, on 10,000 random sets of boxes', () => {
    fc.assert(
      fc.property(pictures(512), (picture) => {
        const slow = slowMig(picture);
        const score = migScore([{ ...fractions(picture, 512), colourShares: [] }])!;
        const mean = slow.reduce((sum, { iou }) => sum + iou, 0) / slow.length;
        expect(score.meanIoU).toBeCloseTo(mean, 9);
        const placed = slow.filter((each) => each.placed).length;
        expect(score.instanceSuccessRate).toBeCloseTo(placed / slow.length, 9);
        expect(score.imageSuccessRate).toBe(placed === slow.length ? 1 : 0);
      }),
      { numRuns: RUNS, seed: 3 },
    );
  });

  /** Left half red, right half blue. */
  const halves = rgbImage(
    10,
    10,
    Uint8Array.from(
      { length: 300 },
      (_, i) => (Math.floor(i / 3) % 10 < 5 ? [255, 0, 0] : [0, 0, 255])[i % 3]!,
    ),
  );

  test('judges colours of placed instances alone: a wrong one takes the IoU, an absent word asks for none', () => {
    const left = [0, 0, 0.5, 1] as const;
    const object = (colour?: string) => ({ phrase: 'a dog', label: 'dog', box: left, colour });
    const detections = [{ label: 'dog', score: 0.9, box: left }];
    const scored = (colour?: string) => {
      const objects = [object(colour)];
      return migScore([{ objects, detections, colourShares: colourShares(halves, objects) }])!;
    };
    expect(scored('red')).toMatchObject({ instanceSuccessRate: 1, meanIoU: 1, colourRate: 1 });
    expect(scored('blue')).toMatchObject({ instanceSuccessRate: 0, meanIoU: 0, colourRate: 0 });
    expect(scored()).toMatchObject({ instanceSuccessRate: 1, meanIoU: 1 });
    expect(() => scored('pink')).toThrow(/pink/);
  });

  test('has a level for each number of instances', () => {
    const object = { phrase: 'a dog', label: 'dog', box: [0, 0, 0.5, 1] as const };
    const picture = (count: number, seen: boolean) => ({
      objects: Array(count).fill(object),
      detections: seen ? [{ label: 'dog', score: 0.9, box: object.box }] : [],
      colourShares: [],
    });
    const { levels, instances } = migScore([picture(3, true), picture(2, false), picture(2, true)])!;
    expect(instances).toBe(7);
    expect(
      levels.map(({ level, pictures, imageSuccessRate }) => [level, pictures, imageSuccessRate]),
    ).toEqual([
      [2, 2, 0.5],
      [3, 1, 1],
    ]);
  });

  test('counts the pixels of a box whose centres lie inside, or those of a mask', () => {
    expect(colourShare(halves, [0.3, 0, 0.7, 1], 'red')).toBe(0.5);
    const mask = Uint8Array.from({ length: 100 }, (_, i) => (i % 10 >= 4 ? 1 : 0));
    expect(colourShare(halves, [0, 0, 1, 1], 'red', mask)).toBeCloseTo(1 / 6, 12);
    expect(colourShare(halves, [0.02, 0.02, 0.03, 0.03], 'red')).toBe(0);
    // Detectors that do not clip overshoot.
    expect(colourShare(halves, [0.3, -0.1, 0.7, 1.01], 'red')).toBe(0.5);
    expect(colourShare(halves, [0.3, 0.5, 0.3, 0.5], 'red')).toBe(0);
  });
});

// Bytes of pixels next to an edge of the ranges of eval_mig.py (7f5da08), with their HSV by OpenCV's rule.
test.each([
  ['red', [255, 77, 0], 9, 1],
  ['red', [255, 85, 0], 10, 0],
  ['red', [70, 56, 56], 0, 1],
  ['red', [69, 20, 20], 0, 0],
  ['red', [200, 0, 140], 159, 1],
  ['red', [200, 0, 146], 158, 0],
  ['yellow', [255, 213, 0], 25, 1],
  ['yellow', [255, 204, 0], 24, 0],
  ['green', [204, 255, 0], 36, 1],
  ['green', [0, 255, 247], 89, 1],
  ['green', [0, 255, 255], 90, 0],
  ['blue', [0, 255, 255], 90, 1],
  ['blue', [68, 0, 255], 128, 1],
  ['blue', [77, 0, 255], 129, 0],
  ['black', [30, 30, 30], 0, 1],
  ['black', [31, 31, 31], 0, 0],
  ['brown', [36, 20, 20], 0, 0],
  ['brown', [36, 26, 20], 11, 1],
  ['white', [221, 221, 221], 0, 1],
  ['white', [220, 220, 220], 0, 0],
] as const)('COCO-MIG: %s in a pixel of %j, hue %d: %d', (colour, rgb, hue, share) => {
  const image = { width: 1, height: 1, channels: 3, data: Uint8ClampedArray.from(rgb) } as const;
  const [red, green, blue] = rgb;
  expect(rgbToHsv(red, green, blue)[0]).toBe(hue);
  expect(colourShare(image, [0, 0, 1, 1], colour)).toBe(share);
});

test("HSV is OpenCV's, byte for byte", () => {
  const rows = JSON.parse(readFileSync(new URL('fixtures/hsv.json', import.meta.url), 'utf8')) as number[][];
  expect(rows.length).toBeGreaterThan(1500);
  for (const [red, green, blue, ...hsv] of rows) {
    expect(rgbToHsv(red!, green!, blue!), `${red}, ${green}, ${blue}`).toEqual(hsv);
  }
});
