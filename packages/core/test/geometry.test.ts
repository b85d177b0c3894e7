import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Box, boxArea, containment, giou, iou } from '../src/geometry/index.js';

/** Boxes with corners on a grid of eighths, so that every figure below is exact. */
const boxes = fc
  .tuple(fc.nat(6), fc.nat(6), fc.integer({ min: 1, max: 8 }), fc.integer({ min: 1, max: 8 }))
  .map(([x, y, w, h]): Box => [x / 8, y / 8, Math.min(8, x + w) / 8, Math.min(8, y + h) / 8]);

/** Which of the 64 grid cells lie in a box: areas by counting instead of by formula. */
const cells = ([x0, y0, x1, y1]: Box): Set<number> =>
  new Set(
    Array.from({ length: 64 }, (_, i) => i).filter((i) => {
      const [x, y] = [((i % 8) + 0.5) / 8, (Math.floor(i / 8) + 0.5) / 8];
      return x > x0 && x < x1 && y > y0 && y < y1;
    }),
  );

describe('iou and giou', () => {
  test('half of a box shared with a box of the same size', () => {
    // Shared 0.25 x 0.5 = 0.125, union 0.375, hull 0.75 x 0.5 = 0.375: nothing uncovered.
    expect(iou([0, 0, 0.5, 0.5], [0.25, 0, 0.75, 0.5])).toBe(1 / 3);
    expect(giou([0, 0, 0.5, 0.5], [0.25, 0, 0.75, 0.5])).toBe(1 / 3);
  });

  test('opposite corners', () => {
    // Union 2 / 16, hull 1: 0 - (1 - 2 / 16).
    expect(iou([0, 0, 0.25, 0.25], [0.75, 0.75, 1, 1])).toBe(0);
    expect(giou([0, 0, 0.25, 0.25], [0.75, 0.75, 1, 1])).toBe(-0.875);
  });

  test('boxes without area overlap with nothing', () => {
    expect(iou([0.5, 0.5, 0.5, 0.5], [0.5, 0.5, 0.5, 0.5])).toBe(0);
    expect(giou([0.5, 0.5, 0.5, 0.5], [0.5, 0.5, 0.5, 0.5])).toBe(0);
    expect(boxArea([0.6, 0, 0.4, 1])).toBe(0);
    expect(iou([0.6, 0, 0.4, 1], [0, 0, 1, 1])).toBe(0);
    expect(containment([0.5, 0.5, 0.5, 0.5], [0, 0, 1, 1])).toBe(0);
  });

  test('agree with counting the cells of a grid', () => {
    fc.assert(
      fc.property(boxes, boxes, (a, b) => {
        const [inA, inB] = [cells(a), cells(b)];
        const shared = [...inA].filter((i) => inB.has(i)).length;
        const union = new Set([...inA, ...inB]).size;
        const hull = cells([
          Math.min(a[0], b[0]),
          Math.min(a[1], b[1]),
          Math.max(a[2], b[2]),
          Math.max(a[3], b[3]),
        ]).size;
        expect(iou(a, b)).toBeCloseTo(shared / union, 12);
        expect(giou(a, b)).toBeCloseTo(shared / union - 1 + union / hull, 12);
        expect(containment(a, b)).toBeCloseTo(shared / inA.size, 12);
      }),
    );
  });
});
