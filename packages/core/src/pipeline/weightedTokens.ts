// What weights of a prompt do to the vectors of its tokens.

import type { PromptWeighting } from './promptWeighting.js';

export interface WeightedChunk {
  /** The vectors of a chunk, [tokens, D]. */
  readonly hidden: Float32Array;
  /** How much each of them counts. */
  readonly weights: readonly number[];
  /** The vectors of an empty chunk; used by `comfyui`. */
  readonly empty: Float32Array;
}

/**
 * The vectors with their weights. `a1111`: each is multiplied, and then all of the chunk, so that their mean stays. `comfyui`:
 * each moves on the line from the vector that an empty prompt has at its place.
 */
export const weightedTokens: Readonly<Record<PromptWeighting, (chunk: WeightedChunk) => Float32Array>> = {
  a1111({ hidden, weights }) {
    const width = hidden.length / weights.length;
    const weighted = hidden.map((value, i) => value * weights[Math.floor(i / width)]!);
    const [before, after] = [mean(hidden), mean(weighted)];
    // Vectors of no mean have none to restore.
    const restored = before / after;
    return Number.isFinite(restored) ? weighted.map((value) => value * restored) : weighted;
  },
  comfyui({ hidden, weights, empty }) {
    const width = hidden.length / weights.length;
    return hidden.map((value, i) => {
      const weight = weights[Math.floor(i / width)]!;
      return weight === 1 ? value : empty[i]! + (value - empty[i]!) * weight;
    });
  },
};

function mean(values: Float32Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
}
