// Counts, shares and places, drawn with Observable Plot as SVG.

import { barX, dot, plot, rectY, ruleX, ruleY } from '@observablehq/plot';
import { checkObjects, checkVector } from '@spatiallock/core/checks';
import { SvgDocument } from './svgDocument.js';

const base = () => ({
  document: new SvgDocument(),
  width: 720,
  style: { fontSize: '11px', background: 'none' },
});

/** A bar for each label, the most frequent first. */
export function countsChart(counts: readonly { readonly label: string; readonly count: number }[]): string {
  checkObjects(counts, 'counts', 'objects');
  const rows = [...counts].sort((a, b) => b.count - a.count);
  const figure: unknown = plot({
    ...base(),
    height: 50 + 16 * rows.length,
    marginLeft: 120,
    y: { domain: rows.map(({ label }) => label), label: null },
    marks: [barX(rows, { x: 'count', y: 'label', fill: 'var(--bar)' }), ruleX([0])],
  });
  return String(figure);
}

const BINS = 20;

/** How often values in 0..1 fall into each of 20 bins. */
export function histogram(values: readonly number[]): string {
  checkVector(values, 'values');
  const counts = new Array<number>(BINS).fill(0);
  for (const value of values) counts[Math.min(BINS - 1, Math.max(0, Math.floor(value * BINS)))]!++;
  const bins = counts.map((count, i) => ({ from: i / BINS, to: (i + 1) / BINS, count }));
  const figure: unknown = plot({
    ...base(),
    height: 200,
    x: { domain: [0, 1], label: null },
    marks: [rectY(bins, { x1: 'from', x2: 'to', y: 'count', fill: 'var(--bar)' }), ruleY([0])],
  });
  return String(figure);
}

/** Points of a picture, in fractions of its sides, y downwards. */
export function placesScatter(points: readonly { readonly x: number; readonly y: number }[]): string {
  checkObjects(points, 'points', 'objects');
  const figure: unknown = plot({
    ...base(),
    width: 320,
    height: 320,
    x: { domain: [0, 1], label: null },
    y: { domain: [1, 0], label: null },
    marks: [dot(points, { x: 'x', y: 'y', r: 1.5, fill: 'var(--bar)', fillOpacity: 0.5 })],
  });
  return String(figure);
}
