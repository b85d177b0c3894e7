import { type Box, iou } from '@spatiallock/core';
import { boxArea, intersectionArea } from '@spatiallock/core/geometry';
import { SHAPE_GRID, shapeRows } from './shapes.js';

/** What planning knows of a class: its natural aspect and its alpha on a coarse grid. */
export interface Shape {
  /** width / height */
  readonly aspect: number;
  /** [SHAPE_GRID, SHAPE_GRID], 0..1 */
  readonly coverage: Float32Array;
  /** Sum of the coverage. */
  readonly total: number;
}

/** The shapes of all classes, in their order. */
export const shapes: readonly Shape[] = shapeRows.map(([aspect, digits]) => {
  const coverage = Float32Array.from(digits, (digit) => Number.parseInt(digit, 16) / 15);
  return { aspect, coverage, total: coverage.reduce((sum, alpha) => sum + alpha, 0) };
});

/** A shape that stands in a picture. */
export interface Placed {
  readonly shape: Shape;
  readonly box: Box;
  readonly flip: boolean;
}

/** Alpha of a placed shape at a point of the picture. */
function alphaAt({ shape, box: [x0, y0, x1, y1], flip }: Placed, x: number, y: number): number {
  const u = (x - x0) / (x1 - x0);
  const v = (y - y0) / (y1 - y0);
  if (u < 0 || u >= 1 || v < 0 || v >= 1) return 0;
  const column = Math.floor((flip ? 1 - u : u) * SHAPE_GRID);
  return shape.coverage[Math.floor(v * SHAPE_GRID) * SHAPE_GRID + Math.min(SHAPE_GRID - 1, column)];
}

/** The fraction (0..1) of a placed shape's alpha that the shapes in front of it leave visible. */
export function visibleFraction(placed: Placed, front: readonly Placed[]): number {
  const covering = front.filter((other) => iou(placed.box, other.box) > 0);
  if (covering.length === 0) return 1;
  const [x0, y0, x1, y1] = placed.box;
  let visible = 0;
  for (let row = 0; row < SHAPE_GRID; row++) {
    for (let column = 0; column < SHAPE_GRID; column++) {
      const x = x0 + ((column + 0.5) / SHAPE_GRID) * (x1 - x0);
      const y = y0 + ((row + 0.5) / SHAPE_GRID) * (y1 - y0);
      let alpha = alphaAt(placed, x, y);
      for (const other of covering) alpha *= 1 - alphaAt(other, x, y);
      visible += alpha;
    }
  }
  return visible / placed.shape.total;
}

/** The part (0..1) of the smaller box that lies in the other. */
export const boxInside = (a: Box, b: Box): number =>
  intersectionArea(a, b) / Math.min(boxArea(a), boxArea(b));
