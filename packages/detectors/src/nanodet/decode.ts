// From the raw outputs of one picture to detections, on the host.

import type { Box, Detection, Tensors } from '@spatiallock/core';
import { checkObject } from '@spatiallock/core/checks';
import { nonMaximumSuppression } from '@spatiallock/core/geometry';
import { cocoLabels } from './labels.js';
import { NANODET_BINS, NANODET_STRIDES } from './network.js';

/** Options of decoding NanoDet's outputs. */
export interface NanodetDecodeOptions {
  /** Weaker objects are dropped, 0..1. Default 0.05, for average precision; 0.35 suits a picture for people. */
  readonly minScore?: number;
  /** Class-wise suppression above this IoU. Default 0.6. */
  readonly iouThreshold?: number;
  /** Default 100. */
  readonly maxDetections?: number;
}

/** Candidates that suppression looks at, strongest first. */
const MAX_CANDIDATES = 1000;

/**
 * Decodes the first picture of `nanodetNetwork`'s outputs; boxes are fractions of the network's input.
 * An edge lies at the mean of its distribution (arXiv 2006.04388, equation 5). Defaults as in RangiLyu/nanodet.
 */
export function decodeNanodet(outputs: Tensors, options: NanodetDecodeOptions = {}): Detection[] {
  checkObject(outputs, 'outputs');
  for (const name of NANODET_STRIDES.flatMap((stride) => [`scores${stride}`, `edges${stride}`]))
    checkObject(outputs[name], `outputs.${name}`);
  const { minScore = 0.05, iouThreshold = 0.6, maxDetections = 100 } = options;
  if (!(minScore > 0 && minScore < 1)) throw new Error(`minScore: ${minScore} must be above 0 and below 1`);
  const found = NANODET_STRIDES.flatMap((stride) => {
    const { data, shape } = outputs[`scores${stride}`];
    const edges = outputs[`edges${stride}`].data as Float32Array;
    return decodeLevel(data as Float32Array, edges, shape[2], shape[3], minScore);
  });
  const strongest = found.sort((a, b) => b.score - a.score).slice(0, MAX_CANDIDATES);
  return nonMaximumSuppression(strongest, { iouThreshold, maxDetections });
}

function decodeLevel(
  scores: Float32Array,
  edges: Float32Array,
  rows: number,
  columns: number,
  minScore: number,
): Detection[] {
  const cells = rows * columns;
  const least = Math.log(minScore / (1 - minScore));
  const found: Detection[] = [];
  for (let cell = 0; cell < cells; cell++) {
    let box: Box | undefined;
    for (let label = 0; label < cocoLabels.length; label++) {
      const logit = scores[label * cells + cell];
      if (logit < least) continue;
      box ??= cellBox(edges, cell, rows, columns);
      found.push({ label: cocoLabels[label], score: 1 / (1 + Math.exp(-logit)), box });
    }
  }
  return found;
}

function cellBox(edges: Float32Array, cell: number, rows: number, columns: number): Box {
  const [x, y] = [(cell % columns) + 0.5, Math.floor(cell / columns) + 0.5];
  const [left, top, right, bottom] = [0, 1, 2, 3].map((k) => distance(edges, k, cell, rows * columns));
  return [(x - left) / columns, (y - top) / rows, (x + right) / columns, (y + bottom) / rows];
}

/** Mean of one edge's distribution, in strides. */
function distance(edges: Float32Array, edge: number, cell: number, cells: number): number {
  const logit = (k: number): number => edges[(edge * NANODET_BINS + k) * cells + cell];
  let highest = -Infinity;
  for (let k = 0; k < NANODET_BINS; k++) highest = Math.max(highest, logit(k));
  let [sum, mean] = [0, 0];
  for (let k = 0; k < NANODET_BINS; k++) {
    const weight = Math.exp(logit(k) - highest);
    sum += weight;
    mean += weight * k;
  }
  return mean / sum;
}
