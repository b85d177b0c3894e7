import { describe, expect, it } from 'vitest';
import { random, randomStream } from '../src/entries/nn.js';

/** The first numbers of a stream. */
const firstOf = (seed: number, stream: number): string => {
  const rng = randomStream(seed, stream);
  return [rng.uniform(), rng.uniform(), rng.normal()].join(' ');
};

describe('random streams', () => {
  it('are those of one seed of 53 bits while there is room for it', () => {
    for (const [seed, stream] of [
      [0, 0],
      [0, 7],
      [3, 0],
      [1000, 123_456],
      [2 ** 20, 2 ** 30],
    ] as const) {
      const whole = random(seed * 2 ** 32 + stream);
      const rng = randomStream(seed, stream);
      expect([rng.uniform(), rng.int(1000), rng.normal()]).toEqual([
        whole.uniform(),
        whole.int(1000),
        whole.normal(),
      ]);
    }
  });

  it('differ for neighbouring streams of every seed of 32 bits', () => {
    for (const seed of [0, 1, 2 ** 21, 2 ** 31, 2 ** 32 - 1]) {
      const streams = Array.from({ length: 200 }, (_, stream) => firstOf(seed, stream));
      expect(new Set(streams).size).toBe(200);
      expect(firstOf(seed, 5)).not.toBe(firstOf(seed - 1, 5));
    }
  });
});
