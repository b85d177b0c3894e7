// Starting latents, and the fresh noise of stochastic schedulers.

import { showValue } from '../checks/index.js';
import { random } from '../nn/random.js';
import { torchGenerator } from '../nn/torchRandom.js';

/** Gives the next standard normal numbers of a whole batch; the first are those that sampling starts from. */
export type NoiseSource = () => Float32Array;

/**
 * Which random numbers a seed stands for: `torch`, those of `torch.Generator('cpu')`, so that a seed gives the noise
 * that it gives in diffusers; or `sfc32`, our own.
 */
export type NoiseGenerator = 'torch' | 'sfc32';

/** Every `NoiseGenerator`. */
export const noiseGenerators: readonly NoiseGenerator[] = ['torch', 'sfc32'];

/** Draws for one row, each call going on where the last one ended. */
const rowSources: Readonly<Record<NoiseGenerator, (seed: number) => (size: number) => Float32Array>> = {
  torch: (seed) => torchGenerator(seed).randn,
  sfc32: (seed) => {
    const source = random(seed);
    return (size) => Float32Array.from({ length: size }, () => source.normal());
  },
};

/**
 * Noise of `rows` pictures of `size` numbers each. Every row draws from a generator of its own, seed + row,
 * so that a picture does not depend on those beside it: what diffusers does with a list of generators.
 */
export function seededNoise(
  seed: number,
  rows: number,
  size: number,
  generator: NoiseGenerator = 'sfc32',
): NoiseSource {
  const sources = Array.from({ length: rows }, (_, row) => rowSources[generator](seed + row));
  return () => {
    const noise = new Float32Array(rows * size);
    for (const [row, draw] of sources.entries()) noise.set(draw(size), row * size);
    return noise;
  };
}

/** Throws an error that names the option unless the generator is known. */
export function checkGenerator(generator: unknown, path = ''): NoiseGenerator {
  const known = noiseGenerators.find((name) => name === generator);
  if (known !== undefined) return known;
  throw new Error(
    `${path}generator: must be one of ${noiseGenerators.join(', ')}, not ${showValue(generator)}`,
  );
}
