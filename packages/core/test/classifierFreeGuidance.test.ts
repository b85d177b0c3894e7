// Guided predictions, by hand and against what the paper's formula says of any numbers.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { guided, rescaled } from '../src/pipeline/classifierFreeGuidance.js';

describe('guided', () => {
  it('goes on from the unconditional prediction through the conditional one', () => {
    const output = Float32Array.of(1, 2, 3, 6);
    expect([...guided(output, 3)]).toEqual([7, 14]);
    expect([...guided(output, 0)]).toEqual([1, 2]);
    expect([...guided(output, 1)]).toEqual([3, 6]);
  });
});

describe('rescaled', () => {
  it('gives each picture its own standard deviation, by hand', () => {
    const wild = Float32Array.of(-4, 4, 1, 3);
    const conditional = Float32Array.of(-1, 1, 10, 14);
    expect([...rescaled(wild, conditional, 2, 1)]).toEqual([-1, 1, 2, 6]);
    expect([...rescaled(wild, conditional, 2, 0.5)]).toEqual([-2.5, 2.5, 1.5, 4.5]);
    expect([...rescaled(wild, conditional, 2, 0)]).toEqual([...wild]);
  });

  it('has the standard deviation of the conditional prediction where all of it is asked for', () => {
    const numbers = fc.array(fc.double({ min: -3, max: 3, noNaN: true }), { minLength: 8, maxLength: 8 });
    fc.assert(
      fc.property(numbers, numbers, (own, wanted) => {
        const [a, b] = [Float32Array.from(own), Float32Array.from(wanted)];
        fc.pre(spread(a) > 0.1);
        expect(spread(rescaled(a, b, 1, 1))).toBeCloseTo(spread(b), 4);
      }),
    );
  });

  it('leaves a prediction without contrast finite', () => {
    expect([...rescaled(Float32Array.of(2, 2), Float32Array.of(1, 3), 1, 1)]).toEqual([2, 2]);
    expect([...rescaled(Float32Array.of(2, 2), Float32Array.of(3, 3), 1, 1)]).toEqual([2, 2]);
  });
});

function spread(values: Float32Array): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
}
