import { random } from '@spatiallock/core/nn';
import { describe, expect, it } from 'vitest';
import { eigen, frechetDistance } from '../src/frechet.js';

const rng = random(4);
const cloud = (count: number, size: number, mean: number, std: number) =>
  Array.from({ length: count }, () =>
    Float64Array.from({ length: size }, (_, i) => mean + i + std * (i + 1) * rng.normal()),
  );

describe('the Frechet distance', () => {
  it('of numbers is that of two normal distributions', () => {
    // Means 1 and 4, standard deviations 1 and 3: (1 - 4)^2 + (1 - 3)^2.
    expect(frechetDistance([[0], [2]], [[1], [7]])).toBeCloseTo(13, 10);
  });

  it('is 0 for equal sets, and does not change with order, sides or place', () => {
    const [a, b] = [cloud(40, 6, 0, 1), cloud(40, 6, 1, 2)];
    expect(frechetDistance(a, a)).toBeCloseTo(0, 6);
    const distance = frechetDistance(a, b);
    expect(distance).toBeGreaterThan(1);
    expect(frechetDistance(b, [...a].reverse())).toBeCloseTo(distance, 6);
    const moved = (set: typeof a) => set.map((vector) => vector.map((value) => value + 5));
    expect(frechetDistance(moved(a), moved(b))).toBeCloseTo(distance, 6);
  });

  it('of more numbers than vectors is a number', () => {
    const distance = frechetDistance(cloud(5, 30, 0, 1), cloud(5, 30, 0.5, 1));
    expect(distance).toBeGreaterThan(0);
    expect(Number.isFinite(distance)).toBe(true);
    expect(() => frechetDistance([[1]], [[1], [2]])).toThrow('at least two vectors');
  });

  it('rests on eigenvectors that give the matrix back', () => {
    const size = 12;
    const half = cloud(size, size, 0, 1);
    const matrix = half.map((a) => Float64Array.from(half, (b) => a.reduce((s, x, i) => s + x * b[i]!, 0)));
    const { values, vectors } = eigen(matrix);
    matrix.forEach((row, i) => {
      row.forEach((value, j) => {
        const back = values.reduce((sum, each, k) => sum + vectors[i]![k]! * each * vectors[j]![k]!, 0);
        expect(Math.abs(back - value)).toBeLessThan(1e-8 * (1 + Math.abs(value)));
      });
    });
  });
});
