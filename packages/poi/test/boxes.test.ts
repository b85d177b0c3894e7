import { input, interpret, tensor, type Value } from '@spatiallock/core';
import { describe, expect, it } from 'vitest';
import { FOURIER_WIDTH, fourierBoxes, RELATIVE_WIDTH, relativeBoxes } from '../src/index.js';

type Corners = readonly [number, number, number, number];

function run(value: Value, boxes: readonly Corners[], masks = boxes.map(() => 1)): Float32Array {
  const feeds = {
    boxes: tensor(boxes.flat(), [1, boxes.length, 4]),
    masks: tensor(masks, [1, boxes.length]),
  };
  return interpret({ value }, feeds).value!.data as Float32Array;
}

const inputs = (count: number) => ({
  boxes: input('boxes', [1, count, 4]),
  masks: input('masks', [1, count]),
});

/** The share of a cell inside a box, counted on a fine grid of points. */
function countedCoverage(box: Corners, row: number, column: number, height: number, width = height): number {
  const points = 64;
  let inside = 0;
  for (let i = 0; i < points; i++) {
    for (let j = 0; j < points; j++) {
      const u = (column + (j + 0.5) / points) / width;
      const v = (row + (i + 0.5) / points) / height;
      if (u >= box[0] && u < box[2] && v >= box[1] && v < box[3]) inside++;
    }
  }
  return inside / points ** 2;
}

describe('fourierBoxes', () => {
  it('orders numbers by frequency, then sine and cosine, then corner', () => {
    const box: Corners = [0.1, 0.2, 0.6, 0.9];
    const given = run(fourierBoxes(inputs(1).boxes), [box]);
    expect(given).toHaveLength(FOURIER_WIDTH);
    for (let k = 0; k < 8; k++) {
      box.forEach((corner, c) => {
        expect(given[k * 8 + c]).toBeCloseTo(Math.sin(100 ** (k / 8) * corner), 4);
        expect(given[k * 8 + 4 + c]).toBeCloseTo(Math.cos(100 ** (k / 8) * corner), 4);
      });
    }
  });
});

describe('relativeBoxes', () => {
  const boxes: readonly Corners[] = [
    [0.07, 0.11, 0.53, 0.61],
    [0.4, 0.35, 0.93, 0.77],
    [0.31, 0.3, 0.36, 0.33],
  ];
  const { boxes: boxInput, masks } = inputs(3);
  const { features, coverage } = relativeBoxes(boxInput, masks, 8, 8);
  const column = (name: number, object: number, cell: number): number =>
    (object * 64 + cell) * RELATIVE_WIDTH + name;

  it('gives the share of every cell that a box covers', () => {
    const given = run(coverage, boxes);
    boxes.forEach((box, object) => {
      for (let cell = 0; cell < 64; cell++) {
        const expected = countedCoverage(box, Math.floor(cell / 8), cell % 8, 8);
        expect(Math.abs(given[object * 64 + cell]! - expected)).toBeLessThan(0.05);
      }
      const area = given.subarray(object * 64, object * 64 + 64).reduce((a, b) => a + b) / 64;
      expect(area).toBeCloseTo((box[2] - box[0]) * (box[3] - box[1]), 5);
    });
  });

  it('follows the sides of a picture that is not square', () => {
    const [height, width] = [4, 10];
    const wide = relativeBoxes(boxInput, masks, height, width);
    const [covered, reported] = [run(wide.coverage, boxes), run(wide.features, boxes)];
    boxes.forEach((box, object) => {
      for (let cell = 0; cell < height * width; cell++) {
        const [row, place] = [Math.floor(cell / width), cell % width];
        const expected = countedCoverage(box, row, place, height, width);
        expect(Math.abs(covered[object * height * width + cell]! - expected)).toBeLessThan(0.05);
        const across = ((place + 0.5) / width - box[0]) / (box[2] - box[0]);
        const given = reported[(object * height * width + cell) * RELATIVE_WIDTH + 20]!;
        expect(given).toBeCloseTo(Math.min(2, Math.max(-1, across)), 3);
      }
    });
  });

  it('covers nothing for an empty slot', () => {
    const given = run(coverage, boxes, [1, 0, 1]);
    expect(Math.max(...given.subarray(64, 128))).toBe(0);
    expect(Math.max(...given.subarray(0, 64))).toBeGreaterThan(0.9);
  });

  it('tells where in the box a cell lies, clipped around it', () => {
    const given = run(features, boxes);
    const cell = 2 * 8 + 3; // centre (0.4375, 0.3125)
    expect(given[column(20, 0, cell)]).toBeCloseTo((0.4375 - 0.07) / 0.46, 4);
    expect(given[column(21, 0, cell)]).toBeCloseTo((0.3125 - 0.11) / 0.5, 4);
    expect(given[column(20, 2, 7)]).toBe(2);
    expect(given[column(20, 2, 0)]).toBe(-1);
  });

  it('tells each object which cells nearer and farther objects cover', () => {
    const given = run(features, boxes);
    const covered = run(coverage, boxes);
    for (let cell = 0; cell < 64; cell++) {
      const at = (object: number): number => covered[object * 64 + cell]!;
      expect(given[column(24, 0, cell)]).toBeCloseTo(Math.min(1, at(1) + at(2)), 5);
      expect(given[column(25, 0, cell)]).toBe(0);
      expect(given[column(24, 2, cell)]).toBe(0);
      expect(given[column(25, 2, cell)]).toBeCloseTo(Math.min(1, at(0) + at(1)), 5);
    }
  });
});
