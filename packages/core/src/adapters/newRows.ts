// First numbers of a text embedding's new rows.

import { type Tensor, tensor } from '../graph/tensor.js';
import { randomStream } from '../nn/random.js';

/**
 * Rows [tokens, D] for new tokens: drawn by the mean and the deviation that the rows of `known` tokens have in each
 * dimension, so that the text encoder reads them as it reads words. The seed and the token decide a row.
 */
export function newRows(
  embedding: Tensor,
  known: readonly number[],
  tokens: readonly string[],
  seed: number,
): Tensor {
  const width = embedding.shape[1]!;
  const data = embedding.data as Float32Array;
  const mean = new Float64Array(width);
  const square = new Float64Array(width);
  for (const id of known) {
    for (let i = 0; i < width; i++) {
      const value = data[id * width + i]!;
      mean[i]! += value / known.length;
      square[i]! += value ** 2 / known.length;
    }
  }
  const rows = new Float32Array(tokens.length * width);
  tokens.forEach((token, row) => {
    const rng = randomStream(seed, hashOf(token));
    for (let i = 0; i < width; i++) {
      const deviation = Math.sqrt(Math.max(0, square[i]! - mean[i]! ** 2));
      rows[row * width + i] = mean[i]! + deviation * rng.normal();
    }
  });
  return tensor(rows, [tokens.length, width]);
}

/** FNV-1a, 32 bits (Fowler, Noll and Vo). */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}
