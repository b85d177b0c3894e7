import { checkText } from '@spatiallock/core/checks';
import { sfc32 } from '@spatiallock/core/nn';

/** What scenes draw from: core's generator, with the draws that scenes need. */
export interface SceneRandom {
  /** 32 random bits as an unsigned integer. */
  bits(): number;
  /** A number in [low, high); [0, 1) by default. */
  uniform(low?: number, high?: number): number;
  /** A number in [low, high) whose logarithm is uniform. */
  logUniform(low: number, high: number): number;
  /** An integer in [low, high], both ends included. */
  between(low: number, high: number): number;
  /** A normal number (Box-Muller). */
  normal(mean?: number, std?: number): number;
  /** True with the given probability. */
  chance(probability: number): boolean;
  /** One element of a list that is not empty. */
  pick<T>(items: readonly T[]): T;
  /** An index drawn in proportion to the weights. */
  weighted(weights: readonly number[]): number;
  /** A shuffled copy (Fisher-Yates). */
  shuffle<T>(items: readonly T[]): T[];
}

/** FNV-1a, 32 bits: turns a tag into one word of the generator's state. */
export function hashText(text: string): number {
  checkText(text, 'text');
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}

/**
 * Makes a generator from a seed and a stream name. Different (seed, stream) pairs start from different states,
 * because the seed's 53 bits and the hash of the name each fill words of their own.
 * Throws when the seed is not an integer in 0..2^53 - 1.
 */
export function sceneRandom(seed: number, stream = ''): SceneRandom {
  if (!Number.isSafeInteger(seed) || seed < 0) {
    throw new Error(`seed: ${seed} must be an integer in 0..2^53 - 1`);
  }
  const bits = sfc32(seed >>> 0, Math.floor(seed / 0x100000000) >>> 0, hashText(stream), 15);
  const uniform = (low = 0, high = 1): number => low + (high - low) * (bits() / 0x100000000);
  const between = (low: number, high: number): number => low + Math.floor(uniform() * (high - low + 1));
  return {
    bits,
    uniform,
    between,
    logUniform: (low, high) => Math.exp(uniform(Math.log(low), Math.log(high))),
    normal: (mean = 0, std = 1) =>
      mean + std * Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform()),
    chance: (probability) => uniform() < probability,
    pick: (items) => {
      if (items.length === 0) throw new Error('pick: the list is empty');
      return items[between(0, items.length - 1)];
    },
    weighted: (weights) => {
      let left = uniform() * weights.reduce((sum, w) => sum + w, 0);
      for (let i = 0; i < weights.length; i++) {
        left -= weights[i];
        if (left < 0) return i;
      }
      return weights.length - 1;
    },
    shuffle: (items) => {
      const copy = [...items];
      for (let i = copy.length - 1; i > 0; i--) {
        const j = between(0, i);
        [copy[i], copy[j]] = [copy[j], copy[i]];
      }
      return copy;
    },
  };
}
