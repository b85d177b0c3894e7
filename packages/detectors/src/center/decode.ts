// From the raw outputs of one picture to detections, on the host.

import type { Detection } from '@spatiallock/core';
import { type Box, iou } from '@spatiallock/core';
import { nonMaximumSuppression } from '@spatiallock/core/geometry';
import { CENTER_STRIDE, type CenterConfig, gridOf } from './config.js';

/** Options of decoding `center`'s outputs. */
export interface DecodeOptions {
  /** Peaks below this chance, 0..1, are no objects. Default 0.05. */
  readonly minScore?: number;
  /** Strongest peaks to look at. Default 40. */
  readonly maxPeaks?: number;
  /** Class-wise suppression above this IoU. Default 0.6: scenes keep any two boxes below 0.2. */
  readonly iouThreshold?: number;
}

interface Peak {
  readonly label: number;
  readonly x: number;
  readonly y: number;
  readonly logit: number;
}

const chance = (logit: number): number => 1 / (1 + Math.exp(-logit));
/** A neighbour's opinion on the box counts when it is about the same object. */
const SAME_OBJECT = 0.6;

/**
 * Decodes one picture. `heatmap`: logits [labels, G, G]; `edges`: logits [4 * bins, G, G].
 * A box is the mean over the peak and its neighbours that agree, weighted by their scores for the label.
 */
export function decodeCenters(
  config: CenterConfig,
  heatmap: Float32Array,
  edges: Float32Array,
  options: DecodeOptions = {},
): Detection[] {
  const { minScore = 0.05, maxPeaks = 40, iouThreshold = 0.6 } = options;
  const grid = gridOf(config);
  const found = peaks(heatmap, config.labels.length, grid, Math.log(minScore / (1 - minScore)));
  const strongest = found.sort((a, b) => b.logit - a.logit).slice(0, maxPeaks);
  const detections = strongest.map(
    (peak): Detection => ({
      label: config.labels[peak.label],
      score: chance(peak.logit),
      box: agreedBox(
        config,
        peak,
        heatmap.subarray(peak.label * grid * grid, (peak.label + 1) * grid * grid),
        edges,
      ),
    }),
  );
  const whole = detections.filter(({ box: [x0, y0, x1, y1] }) => x0 < x1 && y0 < y1);
  return nonMaximumSuppression(whole, { iouThreshold });
}

/** Cells that are above `least` and at least as high as their eight neighbours. */
function peaks(heatmap: Float32Array, labels: number, grid: number, least: number): Peak[] {
  const found: Peak[] = [];
  for (let label = 0, at = 0; label < labels; label++) {
    for (let y = 0; y < grid; y++) {
      for (let x = 0; x < grid; x++, at++) {
        const logit = heatmap[at];
        if (logit < least) continue;
        const around = neighbours(x, y, grid).map(([u, v]) => heatmap[(label * grid + v) * grid + u]);
        if (around.every((other) => other <= logit)) found.push({ label, x, y, logit });
      }
    }
  }
  return found;
}

/** The up to nine cells around (x, y), itself included. */
function neighbours(x: number, y: number, grid: number): [number, number][] {
  const near = (c: number): number[] => [c - 1, c, c + 1].filter((v) => v >= 0 && v < grid);
  return near(y).flatMap((v) => near(x).map((u): [number, number] => [u, v]));
}

function agreedBox(config: CenterConfig, peak: Peak, scores: Float32Array, edges: Float32Array): Box {
  const grid = gridOf(config);
  const own = cellBox(config, edges, peak.x, peak.y);
  const total = [0, 0, 0, 0];
  let weights = 0;
  for (const [u, v] of neighbours(peak.x, peak.y, grid)) {
    const box = cellBox(config, edges, u, v);
    const isPeak = u === peak.x && v === peak.y;
    if (!isPeak && iou(box, own) < SAME_OBJECT) continue;
    const weight = chance(scores[v * grid + u]);
    weights += weight;
    box.forEach((edge, k) => {
      total[k] += weight * edge;
    });
  }
  return total.map((edge) => Math.min(1, Math.max(0, edge / weights))) as unknown as Box;
}

/** The box that one cell tells, in fractions of the picture. */
function cellBox(config: CenterConfig, edges: Float32Array, x: number, y: number): Box {
  const [u, v] = [(x + 0.5) * CENTER_STRIDE, (y + 0.5) * CENTER_STRIDE];
  const [left, top, right, bottom] = [0, 1, 2, 3].map((edge) => distance(config, edges, edge, x, y));
  const box = [u - left, v - top, u + right, v + bottom];
  return box.map((pixels) => pixels / config.image_size) as unknown as Box;
}

/** Mean of one edge's distribution in pixels. */
function distance(config: CenterConfig, edges: Float32Array, edge: number, x: number, y: number): number {
  const { bins, bin_size: binSize } = config;
  const grid = gridOf(config);
  const logit = (k: number): number => edges[((edge * bins + k) * grid + y) * grid + x];
  let highest = -Infinity;
  for (let k = 0; k < bins; k++) highest = Math.max(highest, logit(k));
  let [sum, mean] = [0, 0];
  for (let k = 0; k < bins; k++) {
    const weight = Math.exp(logit(k) - highest);
    sum += weight;
    mean += weight * k;
  }
  return (mean / sum) * binSize;
}
