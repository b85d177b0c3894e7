// Boxes on a grid of cells.

import {
  add,
  cast,
  constant,
  less,
  matmul,
  maximum,
  minimum,
  multiply,
  reshape,
  sliceAxis,
  subtract,
  sum,
  tensor,
  type Value,
} from '@spatiallock/core';

/** What a box covers of one side of a grid. */
export interface Extent {
  /** 1 for each row or column in the box: [N, K, side]. */
  readonly inside: Value;
  /** The first row or column in the box, and the first behind it: [N, K, 1]. */
  readonly first: Value;
  readonly end: Value;
}

/** What boxes cover of a grid. */
export interface Cells {
  readonly rows: Extent;
  readonly columns: Extent;
  /** 1 for each cell of the box, or of any box whose object has the same tokens: [N, K, height * width]. */
  readonly inside: Value;
}

/**
 * A cell counts as inside where its centre is, as if corners were rounded to cells; a box that holds no centre counts as
 * the one cell at its middle. boxes [N, K, 4], alike [N, K, K].
 */
export function boxCells(boxes: Value, alike: Value, height: number, width: number): Cells {
  const [n, k] = boxes.shape as [number, number, number];
  const columns = extent(boxes, 0, width);
  const rows = extent(boxes, 1, height);
  const area = multiply(reshape(rows.inside, [n, k, height, 1]), reshape(columns.inside, [n, k, 1, width]));
  const inside = minimum(matmul(alike, reshape(area, [n, k, height * width])), 1);
  return { rows, columns, inside };
}

/** Of the corners `axis` and `axis + 2`. */
function extent(boxes: Value, axis: 0 | 1, side: number): Extent {
  const corner = (i: number): Value => multiply(sliceAxis(boxes, 2, i, i + 1), side);
  const [from, to] = [corner(axis), corner(axis + 2)];
  const middle = multiply(add(from, to), 0.5);
  const half = maximum(multiply(subtract(to, from), 0.5), 0.5);
  const centres = constant(
    tensor(
      Float32Array.from({ length: side }, (_, i) => i + 0.5),
      [1, 1, side],
    ),
  );
  const below = (bound: Value): Value => cast(less(centres, bound), 'float32');
  const before = below(subtract(middle, half));
  const upTo = below(add(middle, half));
  return { inside: subtract(upTo, before), first: sum(before, [2], true), end: sum(upTo, [2], true) };
}
