import { expect, it } from 'vitest';
import { latentRing, std } from '../src/index.js';

it('keeps the newest scenes, scaled, each with its plan', () => {
  const ring = latentRing<string>(3, [1, 2]);
  ring.put(['a', 'b'], Float32Array.of(1, 2, 3, 4), 2);
  ring.put(['c', 'd'], Float32Array.of(5, 6, 7, 8));
  expect(ring.drawn).toBe(4);
  expect([0, 1, 2].map(ring.plan)).toEqual(['d', 'b', 'c']);
  expect([0, 1, 2].map((index) => [...ring.latents(index)])).toEqual([
    [7, 8],
    [6, 8],
    [5, 6],
  ]);
});

it('has each scene at the same place, whichever it begins with', () => {
  const ring = latentRing<string>(3, [1, 1], 4);
  ring.put(['e', 'f', 'g'], Float32Array.of(5, 6, 7));
  expect(ring.drawn).toBe(7);
  expect([0, 1, 2].map(ring.plan)).toEqual(['g', 'e', 'f']);
});

it('has the population standard deviation', () => {
  expect(std(Float32Array.of(1, 3, 1, 3))).toBe(1);
});
