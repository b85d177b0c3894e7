import { expect, it } from 'vitest';
import { pairedFigures } from '../src/pairedFigures.js';

const object = (picture: number, withIou: number, withoutIou: number) => ({ picture, withIou, withoutIou });

it('the gain has the standard error of independent pictures, each of one object', () => {
  const gains = [0.1, 0.3, -0.1, 0.1];
  const figures = pairedFigures(gains.map((gain, i) => object(i, 0.5 + gain, 0.5)))!;
  expect(figures).toMatchObject({ objects: 4, without: 0.5 });
  expect(figures.gain).toBeCloseTo(0.1, 12);
  // The sample's variance is 0.08 / 3.
  expect(figures.error).toBeCloseTo(Math.sqrt(0.08 / 3 / 4), 12);
});

it('objects of one picture count as one observation', () => {
  const twice = [0.1, 0.3, -0.1, 0.1].flatMap((gain, i) => [object(i, gain, 0), object(i, gain, 0)]);
  const once = twice.filter((_, i) => i % 2 === 0);
  expect(pairedFigures(twice)!.error).toBeCloseTo(pairedFigures(once)!.error, 12);
});

it('nothing to compare has no figures, and one picture no error', () => {
  expect(pairedFigures([])).toBeUndefined();
  expect(pairedFigures([object(0, 1, 0)])!.error).toBeNaN();
});
