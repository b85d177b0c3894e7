// Boxes as values: which share of each cell they cover, and how well two of them agree.

import {
  add,
  constant,
  maximum,
  minimum,
  multiply,
  reshape,
  sliceAxis,
  subtract,
  tensor,
  type Value,
} from '@spatiallock/core';
import { overlapRatios } from '@spatiallock/core/geometry';

/** x0, y0, x1, y1 of boxes [N, K, 4], each [N, K]. */
export function cornersOf(boxes: Value): [Value, Value, Value, Value] {
  const [n, k] = boxes.shape as [number, number];
  const corner = (i: number): Value => reshape(sliceAxis(boxes, 2, i, i + 1), [n, k]);
  return [corner(0), corner(1), corner(2), corner(3)];
}

/** The exact share of each cell of a height x width grid that a box covers: boxes [N, K, 4] to [N, K, H, W]. */
export function coverage(boxes: Value, height: number, width: number): Value {
  const [n, k] = boxes.shape as [number, number];
  const [x0, y0, x1, y1] = cornersOf(boxes);
  const along = (from: Value, to: Value, cells: number): Value => {
    const starts = constant(
      tensor(
        Float32Array.from({ length: cells }, (_, i) => i / cells),
        [cells],
      ),
    );
    const [low, high] = [reshape(from, [n, k, 1]), reshape(to, [n, k, 1])];
    const shared = subtract(minimum(add(starts, 1 / cells), high), maximum(starts, low));
    return multiply(maximum(shared, 0), cells);
  };
  const rows = reshape(along(y0, y1, height), [n, k, height, 1]);
  return multiply(rows, reshape(along(x0, x1, width), [n, k, 1, width]));
}

/** Generalised IoU (arXiv 1902.09630) of boxes [N, K, 4], pair by pair: [N, K], -1..1. */
export function generalisedIou(a: Value, b: Value): Value {
  const [ax0, ay0, ax1, ay1] = cornersOf(a);
  const [bx0, by0, bx1, by1] = cornersOf(b);
  const side = (from: Value, to: Value): Value => maximum(subtract(to, from), 0);
  const area = (x0: Value, y0: Value, x1: Value, y1: Value): Value => multiply(side(x0, x1), side(y0, y1));
  const shared = area(maximum(ax0, bx0), maximum(ay0, by0), minimum(ax1, bx1), minimum(ay1, by1));
  const union = subtract(add(area(ax0, ay0, ax1, ay1), area(bx0, by0, bx1, by1)), shared);
  const hull = area(minimum(ax0, bx0), minimum(ay0, by0), maximum(ax1, bx1), maximum(ay1, by1));
  // Empty slots have empty boxes: their ratios must be numbers, though nothing counts them.
  return overlapRatios({ shared, union, hull }, 1e-6).giou;
}
