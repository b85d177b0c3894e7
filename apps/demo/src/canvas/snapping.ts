// Edges that come near a line are drawn to it: the grid, the picture's edges and middle, and other boxes.

import type { Box } from '@spatiallock/core';
import { type Handle, MIN_SIDE } from './geometry.js';

export interface SnapLines {
  readonly x: readonly number[];
  readonly y: readonly number[];
}

/** A box, and the lines that hold it, to be drawn. */
export interface Snapped {
  readonly box: Box;
  readonly guides: { readonly x?: number; readonly y?: number };
}

/** Cells of the model's latents: a box that ends between them is blurred by the network. */
const GRID = 16;

/** Lines that boxes snap to; lines of other boxes come first, for of equally near ones the first wins. */
export function snapLines(others: readonly Box[]): SnapLines {
  const grid = Array.from({ length: GRID + 1 }, (_, i) => i / GRID);
  return {
    x: [...others.flatMap(([x0, , x1]) => [x0, x1]), ...grid],
    y: [...others.flatMap(([, y0, , y1]) => [y0, y1]), ...grid],
  };
}

/** How far the nearest line lies, and where; undefined if none is within `reach`. */
function nearest(value: number, lines: readonly number[], reach: number) {
  let best: { readonly line: number; readonly off: number } | undefined;
  for (const line of lines) {
    const off = line - value;
    if (Math.abs(off) <= reach && (!best || Math.abs(off) < Math.abs(best.off))) best = { line, off };
  }
  return best;
}

/** Moves a box so that its nearest edge lies on a line; `reach` in fractions of the picture. */
export function snapMove(box: Box, lines: SnapLines, reach: number): Snapped {
  const [x0, y0, x1, y1] = box;
  const along = (low: number, high: number, candidates: readonly number[]) => {
    const [a, b] = [nearest(low, candidates, reach), nearest(high, candidates, reach)];
    const best = a && (!b || Math.abs(a.off) <= Math.abs(b.off)) ? a : b;
    const fits = best && low + best.off >= 0 && high + best.off <= 1;
    return fits ? best : undefined;
  };
  const [x, y] = [along(x0, x1, lines.x), along(y0, y1, lines.y)];
  const [dx, dy] = [x?.off ?? 0, y?.off ?? 0];
  return { box: [x0 + dx, y0 + dy, x1 + dx, y1 + dy], guides: guidesOf(x?.line, y?.line) };
}

/** Snaps the edges that a handle moves. */
export function snapResize(box: Box, handle: Handle, lines: SnapLines, reach: number): Snapped {
  const edges = [...box] as [number, number, number, number];
  const snap = (index: 0 | 1 | 2 | 3, candidates: readonly number[]): number | undefined => {
    const found = nearest(edges[index], candidates, reach);
    if (!found) return undefined;
    const opposite = edges[(index + 2) % 4]!;
    const side = index < 2 ? opposite - found.line : found.line - opposite;
    if (side < MIN_SIDE) return undefined;
    edges[index] = found.line;
    return found.line;
  };
  const x = handle.includes('w') ? snap(0, lines.x) : handle.includes('e') ? snap(2, lines.x) : undefined;
  const y = handle.includes('n') ? snap(1, lines.y) : handle.includes('s') ? snap(3, lines.y) : undefined;
  return { box: edges, guides: guidesOf(x, y) };
}

const guidesOf = (x?: number, y?: number): Snapped['guides'] => ({
  ...(x === undefined ? {} : { x }),
  ...(y === undefined ? {} : { y }),
});
