// Boxes as centre and size (x, y, w, h) in fractions of the picture, in graphs and on the host.

import type { Box } from '@spatiallock/core';
import { add, maximum, minimum, multiply, reshape, sliceAxis, subtract, type Value } from '@spatiallock/core';
import { overlapRatios } from '@spatiallock/core/geometry';

const SMALL = 1e-6;

/** One column of x [..., K] as [..., 1]. */
export const column = (x: Value, k: number): Value => sliceAxis(x, x.shape.length - 1, k, k + 1);

function extent(box: Value, axis: 0 | 1): { low: Value; high: Value } {
  const [middle, half] = [column(box, axis), multiply(column(box, axis + 2), 0.5)];
  return { low: subtract(middle, half), high: add(middle, half) };
}

/** GIoU (arXiv 1902.09630), -1..1, of boxes [..., 4] whose leading axes broadcast; the last axis disappears. */
export function pairGiou(a: Value, b: Value): Value {
  const sides = ([0, 1] as const).map((axis) => {
    const [one, other] = [extent(a, axis), extent(b, axis)];
    const shared = subtract(minimum(one.high, other.high), maximum(one.low, other.low));
    return {
      shared: maximum(shared, 0),
      hull: subtract(maximum(one.high, other.high), minimum(one.low, other.low)),
    };
  });
  const areaOf = (box: Value): Value => multiply(column(box, 2), column(box, 3));
  const shared = multiply(sides[0].shared, sides[1].shared);
  const hull = multiply(sides[0].hull, sides[1].hull);
  const union = subtract(add(areaOf(a), areaOf(b)), shared);
  const { giou } = overlapRatios({ shared, union, hull }, SMALL);
  return reshape(giou, giou.shape.slice(0, -1));
}

/** The corners of a box given by centre and size. */
export function cornersOf([x, y, w, h]: ArrayLike<number> & Iterable<number>): Box {
  return [x - w / 2, y - h / 2, x + w / 2, y + h / 2];
}

/** Centre and size of a box given by corners. */
export function centredOf([x0, y0, x1, y1]: Box): [number, number, number, number] {
  return [(x0 + x1) / 2, (y0 + y1) / 2, x1 - x0, y1 - y0];
}
