import { describe, expect, it } from 'vitest';
import { weightedTokens } from '../src/pipeline/weightedTokens.js';

const hidden = Float32Array.of(1, 2, 3, 4, 5, 9);
const empty = Float32Array.of(1, 1, 1, 1, 1, 1);

describe('weights of tokens, computed by hand', () => {
  it('as a1111 multiply, and leave the mean of the chunk', () => {
    // 24 of all becomes 1 + 2 + 6 + 8 + 5 + 9 = 31.
    const weighted = weightedTokens.a1111({ hidden, weights: [1, 2, 1], empty });
    const wanted = [1, 2, 6, 8, 5, 9].map((value) => (value * 24) / 31);
    expect([...weighted].map((value) => value.toFixed(5))).toEqual(wanted.map((value) => value.toFixed(5)));
  });

  it('as comfyui move away from the empty prompt, and leave the others alone', () => {
    const weighted = weightedTokens.comfyui({ hidden, weights: [1, 2, 0.5], empty });
    expect([...weighted]).toEqual([1, 2, 5, 7, 3, 5]);
  });

  it('of a chunk without a mean are finite', () => {
    const level = Float32Array.of(1, -1, 2, -2);
    expect([...weightedTokens.a1111({ hidden: level, weights: [1, 3], empty: level })]).toEqual([
      1, -1, 6, -6,
    ]);
  });
});
