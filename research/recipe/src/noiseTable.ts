// Standard normal numbers for large batches: drawn once, read from a random place for each row.

import { normals, type Random } from '@spatiallock/core/nn';

export interface NoiseTable {
  /** Fills `out` with neighbouring numbers from a place that `rng` chooses. */
  fill(out: Float32Array, rng: Random): void;
}

/**
 * A row's numbers are independent of each other; two rows share numbers only where their places overlap, in
 * one of some `size / row` pairs, and then at another offset.
 */
export function noiseTable(size = 2 ** 25, seed = 5): NoiseTable {
  const numbers = normals(seed, size);
  return {
    fill(out, rng) {
      const at = rng.int(size - out.length + 1);
      out.set(numbers.subarray(at, at + out.length));
    },
  };
}
