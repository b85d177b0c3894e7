// How much each cell counts: by hand for boxes that fill cells whole.

import { describe, expect, it } from 'vitest';
import { objectWeights } from '../src/objectWeights.js';

const GRID = 16;
/** A square of `side` cells, from the first cell on. */
const square = (side: number) => [0, 0, side / GRID, side / GRID] as const;
const first = (side: number): number => objectWeights([square(side)], GRID, GRID)[0];

describe('objectWeights', () => {
  it('are 1 where no box is', () => {
    expect(new Set(objectWeights([], GRID, GRID))).toEqual(new Set([1]));
    expect(objectWeights([square(4)], GRID, GRID)[GRID * GRID - 1]).toBe(1);
  });

  it('fall with the side of an object, more steeply below 5 cells', () => {
    expect(first(8)).toBeCloseTo(1 + 8 / 8);
    expect(first(5)).toBeCloseTo(1 + 8 / 5);
    expect(first(2)).toBeCloseTo(1 + (8 / 2) * (5 / 2));
    expect(first(1)).toBeCloseTo(1 + 8 * 5);
  });

  it('count a cell by the share of it that a box covers', () => {
    const [whole, half] = objectWeights([[0, 0, 1.5 / GRID, 1 / GRID]], GRID, GRID);
    expect(half - 1).toBeCloseTo((whole - 1) / 2);
  });

  it('take the larger weight where boxes overlap', () => {
    const both = objectWeights([square(8), square(2)], GRID, GRID);
    expect(both[0]).toBeCloseTo(first(2));
    expect(both[7]).toBeCloseTo(first(8));
  });
});
