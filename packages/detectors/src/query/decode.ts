// From the raw outputs of one picture to detections, on the host. A set predictor needs no suppression.

import type { Box, Detection } from '@spatiallock/core';
import { cornersOf } from './boxes.js';
import type { QueryConfig } from './config.js';
import { softmaxOf } from './targets.js';

/** Options of decoding `query`'s outputs. */
export interface QueryDecodeOptions {
  /** Queries whose best class has a lower chance, 0..1, see no object. Default 0.05. */
  readonly minScore?: number;
}

/** Decodes one picture. `logits`: [Q, labels + 1]; `boxes`: [Q, 4], centre and size. */
export function decodeQueries(
  config: QueryConfig,
  logits: Float32Array,
  boxes: Float32Array,
  { minScore = 0.05 }: QueryDecodeOptions = {},
): Detection[] {
  const kinds = config.labels.length + 1;
  const found: Detection[] = [];
  for (let q = 0; q < logits.length / kinds; q++) {
    const chances = softmaxOf(logits.subarray(q * kinds, (q + 1) * kinds)).subarray(0, kinds - 1);
    const score = chances.reduce((a, b) => Math.max(a, b), 0);
    if (score < minScore) continue;
    const corners = cornersOf(boxes.subarray(4 * q, 4 * q + 4));
    const box = corners.map((edge) => Math.min(1, Math.max(0, edge))) as unknown as Box;
    if (box[0] < box[2] && box[1] < box[3])
      found.push({ label: config.labels[chances.indexOf(score)], score, box });
  }
  return found.sort((a, b) => b.score - a.score);
}
