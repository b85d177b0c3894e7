import { type Box, type Detection, iou, type LabelledBox } from '@spatiallock/core';
import { assign } from '@spatiallock/core/geometry';
import { matchInstances } from '@spatiallock/evaluation';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

/** Every way of giving each row a column of its own or none. */
function* pairings(
  rows: number,
  columns: number,
  used: readonly number[] = [],
): Generator<readonly number[]> {
  if (used.length === rows) {
    yield used;
    return;
  }
  yield* pairings(rows, columns, [...used, -1]);
  for (let c = 0; c < columns; c++) {
    if (!used.includes(c)) yield* pairings(rows, columns, [...used, c]);
  }
}

describe('assign', () => {
  test('takes the least total, not the least first', () => {
    // Greedy takes 1 + 9 = 10; the other pairing costs 2 + 3 = 5.
    const cost = [
      [1, 2],
      [3, 9],
    ];
    expect(assign(cost)).toEqual([1, 0]);
  });

  test('leaves rows over where columns are few, and takes empty tables', () => {
    expect(assign([[5], [1], [3]])).toEqual([-1, 0, -1]);
    expect(assign([[], []])).toEqual([-1, -1]);
    expect(assign([])).toEqual([]);
  });

  test('is as good as the best of all pairings', () => {
    const tables = fc
      .tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 5 }))
      .chain(([rows, columns]) => {
        const row = fc.array(fc.integer({ min: -9, max: 9 }), { minLength: columns, maxLength: columns });
        return fc.array(row, { minLength: rows, maxLength: rows });
      });
    fc.assert(
      fc.property(tables, (cost) => {
        const columns = cost[0].length;
        const total = (of: readonly number[]) => of.reduce((sum, c, r) => sum + (c < 0 ? 0 : cost[r][c]), 0);
        const size = (of: readonly number[]) => of.filter((c) => c >= 0).length;
        const full = [...pairings(cost.length, columns)].filter(
          (p) => size(p) === Math.min(cost.length, columns),
        );
        const found = assign(cost);
        expect(size(found)).toBe(Math.min(cost.length, columns));
        expect(new Set(found.filter((c) => c >= 0)).size).toBe(size(found));
        expect(total(found)).toBe(Math.min(...full.map(total)));
      }),
    );
  });
});

const labels = fc.constantFrom('cat', 'dog');
const boxes = fc
  .tuple(fc.nat(5), fc.nat(5), fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 5 }))
  .map(([x, y, w, h]): Box => [x / 8, y / 8, Math.min(8, x + w) / 8, Math.min(8, y + h) / 8]);

describe('matchInstances', () => {
  test('shares two detections between two objects so that the total is greatest', () => {
    // Columns of sixteenths. The first detection has IoU 7/9 with the left object and 5/11 with the right one; the
    // second has 1/2 with the left one alone. Strongest first would give 7/9 + 0; the best total is 5/11 + 1/2.
    const column = (from: number, to: number): Box => [from / 16, 0, to / 16, 1];
    const truth: LabelledBox[] = [
      { label: 'cat', box: column(0, 8) },
      { label: 'cat', box: column(4, 12) },
    ];
    const detections: Detection[] = [
      { label: 'cat', score: 0.9, box: column(1, 9) },
      { label: 'cat', score: 0.8, box: column(0, 4) },
    ];
    expect(matchInstances(truth, detections)).toEqual([
      { detection: 1, iou: 0.5 },
      { detection: 0, iou: 5 / 11 },
    ]);
  });

  test('never pairs different labels, nor boxes that do not touch', () => {
    const truth: LabelledBox[] = [{ label: 'cat', box: [0, 0, 0.5, 0.5] }];
    const none = [{ detection: -1, iou: 0 }];
    expect(matchInstances(truth, [{ label: 'dog', score: 1, box: [0, 0, 0.5, 0.5] }])).toEqual(none);
    expect(matchInstances(truth, [{ label: 'cat', score: 1, box: [0.5, 0.5, 1, 1] }])).toEqual(none);
    expect(matchInstances(truth, [])).toEqual(none);
  });

  test('has the greatest total of all pairings', () => {
    const objects = fc.array(fc.record({ label: labels, box: boxes }), { maxLength: 4 });
    const detections = fc.array(fc.record({ label: labels, score: fc.constant(1), box: boxes }), {
      maxLength: 4,
    });
    fc.assert(
      fc.property(objects, detections, (truth, seen) => {
        const overlap = (d: number, t: number) =>
          d >= 0 && seen[d].label === truth[t].label ? iou(seen[d].box, truth[t].box) : 0;
        const total = (of: readonly number[]) => of.reduce((sum, d, t) => sum + overlap(d, t), 0);
        const matches = matchInstances(truth, seen);
        const taken = matches.map(({ detection }) => detection);
        expect(total(taken)).toBeCloseTo(
          Math.max(...[...pairings(truth.length, seen.length)].map(total)),
          12,
        );
        expect(matches.map((match) => match.iou)).toEqual(taken.map(overlap));
        expect(new Set(taken.filter((d) => d >= 0)).size).toBe(taken.filter((d) => d >= 0).length);
      }),
    );
  });
});
