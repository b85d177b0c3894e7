// The hash of pictures against one that is computed plainly from the definition.

import type { RgbImage } from '@spatiallock/core';
import { random } from '@spatiallock/core/nn';
import { differenceHash, duplicateFinder, nearDuplicates } from '@spatiallock/data';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';

function noise(width: number, height: number, seed: number): RgbImage {
  const rng = random(seed);
  const data = Uint8ClampedArray.from({ length: 3 * width * height }, () => rng.int(256));
  return { width, height, channels: 3, data };
}

/** Cell by cell, each the mean of the luma of the pixels that lie in it. */
function slowHash({ width, height, data }: RgbImage): string {
  const mean = (row: number, column: number): number => {
    const lumas: number[] = [];
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        if (Math.floor((16 * y) / height) !== row || Math.floor((17 * x) / width) !== column) continue;
        const [r, g, b] = data.subarray(3 * (y * width + x)) as unknown as [number, number, number];
        lumas.push(0.299 * r + 0.587 * g + 0.114 * b);
      }
    }
    return lumas.length === 0 ? 0 : lumas.reduce((a, b) => a + b) / lumas.length;
  };
  const bits = Array.from({ length: 256 }, (_, i) => {
    const [row, column] = [Math.floor(i / 16), i % 16];
    return mean(row, column) > mean(row, column + 1) ? '1' : '0';
  }).join('');
  return BigInt(`0b${bits}`).toString(16).padStart(64, '0');
}

describe('the difference hash', () => {
  it.each([
    ['one pixel a cell', 17, 16],
    ['four pixels a cell', 34, 32],
    ['cells of uneven sizes', 40, 25],
    ['fewer rows than cells', 20, 9],
  ])('of %s is that of the definition', (_, width, height) => {
    const image = noise(width, height, 3);
    expect(differenceHash(image)).toBe(slowHash(image));
  });

  it('of a picture of one colour is 0', () => {
    const grey = { width: 17, height: 16, channels: 3, data: new Uint8ClampedArray(816).fill(90) } as const;
    expect(differenceHash(grey)).toBe('0'.repeat(64));
  });
});

describe('near-duplicates', () => {
  /** 256 bits, of which these are set. */
  const withBits = (...bits: number[]): string =>
    bits
      .reduce((all, bit) => all | (1n << BigInt(bit)), 0n)
      .toString(16)
      .padStart(64, '0');

  it('differ in at most 8 bits by default, wherever these are', () => {
    const spread = [0, 33, 66, 99, 132, 165, 198, 255];
    expect(nearDuplicates([withBits(), withBits(...spread), withBits(...spread, 7)])).toEqual([
      undefined,
      0,
      // One bit from the second, which is a duplicate itself and no original.
      undefined,
    ]);
  });

  it('with 0 bits are the same', () => {
    expect(nearDuplicates([withBits(5), withBits(6), withBits(5)], 0)).toEqual([undefined, undefined, 0]);
  });

  /** Each hash against all originals before it. */
  function slowDuplicates(hashes: readonly string[], most: number): (number | undefined)[] {
    const originals: number[] = [];
    const distance = (a: string, b: string): number =>
      (BigInt(`0x${a}`) ^ BigInt(`0x${b}`)).toString(2).replaceAll('0', '').length;
    return hashes.map((hash, i) => {
      const original = originals.find((each) => distance(hashes[each]!, hash) <= most);
      if (original === undefined) originals.push(i);
      return original;
    });
  }

  it('are those that comparing all pairs finds', () => {
    const base = fc.constantFrom(
      withBits(),
      withBits(...Array(256).keys()),
      differenceHash(noise(17, 16, 5)),
    );
    const changes = fc.array(fc.nat(255), { maxLength: 24 });
    const hash = fc
      .tuple(base, changes)
      .map(([from, bits]) =>
        (BigInt(`0x${from}`) ^ BigInt(`0x${withBits(...bits)}`)).toString(16).padStart(64, '0'),
      );
    const property = fc.property(
      fc.array(hash, { maxLength: 40 }),
      fc.constantFrom(0, 1, 2, 7, 8, 9, 20, 31, 32, 100, 256),
      (hashes, most) => {
        expect(nearDuplicates(hashes, most)).toEqual(slowDuplicates(hashes, most));
      },
    );
    fc.assert(property, { seed: 1, numRuns: 400 });
  });

  it('of many pictures are found without comparing all pairs', () => {
    const rng = random(7);
    const bytes = () => Array.from({ length: 32 }, () => rng.int(256).toString(16).padStart(2, '0')).join('');
    const hashes = Array.from({ length: 20_000 }, bytes);
    const near = `${hashes[12_345]!.slice(0, -1)}${(Number.parseInt(hashes[12_345]!.at(-1)!, 16) ^ 7).toString(16)}`;
    const compared = vi.spyOn(Map.prototype, 'get');
    const found = nearDuplicates([...hashes, near]);
    const calls = compared.mock.calls.length;
    compared.mockRestore();
    expect(found.at(-1)).toBe(12_345);
    // Nine bands for each to look into and to be added to, where all pairs are 200 million.
    expect(calls).toBeLessThan(1e6);
  });

  it('refuse what is no hash', () => {
    expect(() => nearDuplicates(['0'.repeat(64), 'x'])).toThrow(
      /^hashes\[1\]: must be 64 hexadecimal digits/,
    );
    expect(() => duplicateFinder(257)).toThrow(/^most: /);
    expect(() => duplicateFinder()(3 as never)).toThrow(/^hash: /);
  });
});
