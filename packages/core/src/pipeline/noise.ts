// Starting latents, and the fresh noise of stochastic schedulers.

import { random } from '../nn/random.js';

/** Gives the next standard normal numbers of a whole batch; the first are those that sampling starts from. */
export type NoiseSource = () => Float32Array;

/**
 * Noise of `rows` pictures of `size` numbers each. Every row draws from a generator of its own, seed + row,
 * so that a picture does not depend on those beside it; its first numbers are `normals(seed + row, size)`.
 */
export function seededNoise(seed: number, rows: number, size: number): NoiseSource {
  const sources = Array.from({ length: rows }, (_, row) => random(seed + row));
  return () => {
    const noise = new Float32Array(rows * size);
    sources.forEach((source, row) => {
      for (let i = 0; i < size; i++) noise[row * size + i] = source.normal();
    });
    return noise;
  };
}
