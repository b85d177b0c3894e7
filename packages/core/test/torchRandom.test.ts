import { fixtureJson } from '@spatiallock/fixtures';
import { describe, expect, it } from 'vitest';
import { mersenneTwister, torchGenerator } from '../src/nn/torchRandom.js';

interface Draw {
  readonly shape: readonly number[];
  readonly values?: readonly number[];
  readonly first8?: readonly number[];
  readonly last8?: readonly number[];
  readonly sum: number;
  readonly sumSquares: number;
}
interface Seeded extends Draw {
  readonly seed: number;
}
interface Negative extends Draw {
  readonly seed: string;
  readonly error?: string;
  readonly shape16: Draw;
}
type Fixture = {
  readonly cases: readonly Seeded[];
  readonly sequences: readonly { readonly seed: number; readonly draws: readonly Draw[] }[];
  readonly negative: readonly Negative[];
};

const { cases, sequences, negative } = fixtureJson('torch-randn/expected.json') as unknown as Fixture;
const TOLERANCE = 3e-7;

const sizeOf = ({ shape }: Draw) => shape.reduce((product, side) => product * side, 1);

function expectDraw(drawn: Float32Array, wanted: Draw): void {
  expect(drawn).toHaveLength(sizeOf(wanted));
  const { values = [], first8 = [], last8 = [] } = wanted;
  const expected = [...values, ...first8, ...last8];
  const actual = values.length > 0 ? [...drawn] : [...drawn.slice(0, 8), ...drawn.slice(-8)];
  expect(expected.length).toBe(actual.length);
  for (const [i, value] of expected.entries()) {
    expect(Math.abs((actual[i] ?? Number.NaN) - value)).toBeLessThanOrEqual(
      TOLERANCE * Math.max(1, Math.abs(value)),
    );
  }
  const sum = drawn.reduce((total, x) => total + x, 0);
  const squares = drawn.reduce((total, x) => total + x * x, 0);
  expect(Math.abs(sum - wanted.sum)).toBeLessThan(TOLERANCE * drawn.length);
  expect(Math.abs(squares - wanted.sumSquares)).toBeLessThan(4 * TOLERANCE * drawn.length);
}

describe('torch.randn', () => {
  it.each(cases)('seed $seed, shape $shape', (wanted) => {
    expectDraw(torchGenerator(wanted.seed).randn(sizeOf(wanted)), wanted);
  });

  it.each(sequences)('several draws of seed $seed', ({ seed, draws }) => {
    const generator = torchGenerator(seed);
    for (const draw of draws) expectDraw(generator.randn(sizeOf(draw)), draw);
  });

  it.each(negative)('seed $seed as torch takes or refuses it', (wanted) => {
    const seed = BigInt(wanted.seed);
    if (wanted.error !== undefined) {
      expect(() => torchGenerator(seed)).toThrow('seed: must be a whole number of -2^63 to 2^64 - 1');
      return;
    }
    expectDraw(torchGenerator(seed).randn(sizeOf(wanted)), wanted);
    expectDraw(torchGenerator(seed).randn(16), wanted.shape16);
  });

  it.each([0.5, Number.NaN, 2 ** 53, Number.POSITIVE_INFINITY])('refuses the seed %s', (seed) => {
    expect(() => torchGenerator(seed)).toThrow('seed: must be a whole number');
  });
});

describe('the Mersenne Twister', () => {
  it('gives the words of the reference implementation for seed 5489', () => {
    const next = mersenneTwister(5489);
    const words = Array.from({ length: 10_000 }, next);
    expect(words.slice(0, 3)).toEqual([3499211612, 581869302, 3890346734]);
    // The 10,000th word is fixed by the C++ standard, [rand.predef].
    expect(words[9_999]).toBe(4123659995);
  });
});
