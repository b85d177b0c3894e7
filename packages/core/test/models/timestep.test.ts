// Sines and cosines of timesteps against their formula.

import { describe, expect, it } from 'vitest';
import { denseOf, interpretDouble } from '../../src/entries/backend.js';
import { sinusoids } from '../../src/entries/models.js';
import { input, tensor } from '../../src/index.js';

const TIMESTEPS = [0, 1, 500.5, 999];

/** sin and cos of t 10000^(-i / (half - shift)); a last zero where the width is odd. */
function plain(t: number, width: number, flip: boolean, shift: number): number[] {
  const half = (width - (width % 2)) / 2;
  const angles = Array.from({ length: half }, (_, i) => t * Math.fround(10000 ** (-i / (half - shift))));
  const [sines, cosines] = [angles.map(Math.sin), angles.map(Math.cos)];
  return [...(flip ? [...cosines, ...sines] : [...sines, ...cosines]), ...(width % 2 ? [0] : [])];
}

describe('sinusoids', () => {
  it.each([
    [8, true, 0],
    [8, false, 0],
    [8, true, 1],
    [7, true, 0],
    [9, false, 1],
  ])('of width %i, cosines first: %s, shifted by %d', (width, flipSinToCos, freqShift) => {
    const timestep = input('timestep', [TIMESTEPS.length]);
    const value = sinusoids(timestep, width, { flipSinToCos, freqShift });
    expect(value.shape).toEqual([TIMESTEPS.length, width]);
    const feeds = denseOf({ timestep: tensor(TIMESTEPS, [TIMESTEPS.length]) }, 'float64');
    const given = interpretDouble({ value }, feeds).value.data;
    TIMESTEPS.flatMap((t) => plain(t, width, flipSinToCos, freqShift)).forEach((expected, i) => {
      expect(given[i]).toBeCloseTo(expected, 3);
    });
  });
});
