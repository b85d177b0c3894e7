// Searches a whole picture for classes, without knowing where.

import type { Box } from '@spatiallock/core';
import type { Picture } from './picture.js';
import { sampled } from './sample.js';
import { CELLS, emptiness, mismatch, probed, type Sample, type Template } from './templates.js';

/** A class that may stand at a place. */
export interface Candidate {
  readonly template: Template;
  readonly box: Box;
  /** The part of what is there that the template explains. */
  readonly gain: number;
}

/** Windows of one aspect over a picture. */
export interface Sweep {
  /** Geometric means of width and height, in 0..1. */
  readonly sides: readonly number[];
  /** Steps between windows, as a part of their width and height. */
  readonly stride: number;
  /** Widths / heights in pixels. */
  readonly aspect: number;
}

/** Boxes of a sweep, over the whole picture. */
export function windows({ sides, stride, aspect }: Sweep): Box[] {
  return sides.flatMap((side) => {
    const [width, height] = [side * Math.sqrt(aspect), side / Math.sqrt(aspect)];
    const [columns, rows] = [width, height].map((length) => Math.ceil((1 - length) / (stride * length)));
    if (width >= 1 || height >= 1) return [];
    return Array.from({ length: (columns + 1) * (rows + 1) }, (_, k): Box => {
      const x0 = ((k % (columns + 1)) / Math.max(1, columns)) * (1 - width);
      const y0 = (Math.floor(k / (columns + 1)) / Math.max(1, rows)) * (1 - height);
      return [x0, y0, x0 + width, y0 + height];
    });
  });
}

/** How far outside of a window its surroundings are read, as a part of its side. */
const OUTSIDE = 0.2;

/** A window's pixels, and what would be there if its surroundings went on. */
export function windowSample({ width, height, data }: Picture, [x0, y0, x1, y1]: Box): Sample {
  const box: Box = [x0 * width, y0 * height, x1 * width, y1 * height];
  const image = sampled({ width, height, channels: 3, data }, box);
  const base = new Float32Array(3 * CELLS * CELLS);
  const [dx, dy] = [OUTSIDE * (box[2] - box[0]), OUTSIDE * (box[3] - box[1])];
  const column = (x: number): number => Math.min(width - 1, Math.max(0, Math.floor(x)));
  const row = (y: number): number => Math.min(height - 1, Math.max(0, Math.floor(y)));
  const [left, right, top, low] = [
    column(box[0] - dx),
    column(box[2] + dx),
    row(box[1] - dy),
    row(box[3] + dy),
  ];
  for (let j = 0; j < CELLS; j++) {
    const v = (j + 0.5) / CELLS;
    const y = row(box[1] + v * (box[3] - box[1]));
    const [atLeft, atRight] = [3 * (y * width + left), 3 * (y * width + right)];
    // The nearer of opposite sides counts more, and the nearer pair.
    const down = 1 / Math.min(v, 1 - v);
    for (let i = 0; i < CELLS; i++) {
      const u = (i + 0.5) / CELLS;
      const x = column(box[0] + u * (box[2] - box[0]));
      const [atTop, atLow] = [3 * (top * width + x), 3 * (low * width + x)];
      const across = 1 / Math.min(u, 1 - u);
      for (let c = 0; c < 3; c++) {
        const horizontal = data[atLeft + c] * (1 - u) + data[atRight + c] * u;
        const vertical = data[atTop + c] * (1 - v) + data[atLow + c] * v;
        base[3 * (j * CELLS + i) + c] = (across * horizontal + down * vertical) / (across + down);
      }
    }
  }
  return { image, base, open: new Float32Array(CELLS * CELLS).fill(1) };
}

/** The smallest picture in which a box still has a pixel for each cell. */
function levelFor(pictures: readonly Picture[], [x0, y0, x1, y1]: Box): Picture {
  const fine = pictures.findLast(
    ({ width, height }) => Math.max((x1 - x0) * width, (y1 - y0) * height) >= CELLS,
  );
  return fine ?? pictures[0];
}

/** What a window has to show to be looked at closely. */
export interface ScanOptions {
  /** A candidate explains at least this part of its window. */
  readonly leastGain: number;
  /** Windows that differ less than this from their surroundings (0..1 of the cap) are empty. */
  readonly empty: number;
  /** The most that a template's probes may differ (0..1 of the cap). */
  readonly probe: number;
}

/** The best template at each window, best first. */
export function scan(
  pictures: readonly Picture[],
  boxes: readonly Box[],
  templates: readonly Template[],
  options: ScanOptions,
): Candidate[] {
  const candidates: Candidate[] = [];
  for (const box of boxes) {
    const sample = windowSample(levelFor(pictures, box), box);
    const empty = emptiness(sample);
    if (empty < options.empty) continue;
    let limit = (1 - options.leastGain) * empty;
    let best: Template | undefined;
    for (const template of templates) {
      if (probed(sample, template) > options.probe) continue;
      const cost = mismatch(sample, template, limit);
      if (cost >= limit) continue;
      limit = cost;
      best = template;
    }
    if (best) candidates.push({ template: best, box, gain: 1 - limit / empty });
  }
  return candidates.sort((a, b) => b.gain - a.gain);
}

/** The classes that fit best about a box, each where it fits best; at most `count`. */
export function classesAt(
  pictures: readonly Picture[],
  [x0, y0, x1, y1]: Box,
  templates: readonly Template[],
  count: number,
): Candidate[] {
  const [width, height] = [x1 - x0, y1 - y0];
  const best = new Map<number, Candidate>();
  for (const scale of [0.78, 1, 1.28]) {
    for (const [dx, dy] of offsets) {
      const [x, y] = [(x0 + x1) / 2 + dx * width, (y0 + y1) / 2 + dy * height];
      const [w, h] = [(scale * width) / 2, (scale * height) / 2];
      const box: Box = [Math.max(0, x - w), Math.max(0, y - h), Math.min(1, x + w), Math.min(1, y + h)];
      const sample = windowSample(levelFor(pictures, box), box);
      const empty = emptiness(sample);
      if (empty < 0.04) continue;
      for (const template of templates) {
        if (probed(sample, template) > 0.5) continue;
        const known = best.get(template.index)?.gain ?? 0.2;
        const cost = mismatch(sample, template, (1 - known) * empty);
        if (cost < (1 - known) * empty) best.set(template.index, { template, box, gain: 1 - cost / empty });
      }
    }
  }
  return [...best.values()].sort((a, b) => b.gain - a.gain).slice(0, count);
}

const offsets: readonly (readonly [number, number])[] = [
  [0, 0],
  [-0.16, 0],
  [0.16, 0],
  [0, -0.16],
  [0, 0.16],
];
