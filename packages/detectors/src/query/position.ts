// Where tokens, queries and boxes are, as numbers that a network can read.

import {
  add,
  concat,
  constant,
  cos,
  multiply,
  reshape,
  sin,
  type Tensor,
  tensor,
  type Value,
} from '@spatiallock/core';

/** Middles of grid x grid cells in 0..1, row by row: [grid * grid, 2], x first. */
export function cellMiddles(grid: number): Tensor {
  const data = new Float32Array(2 * grid * grid);
  for (let i = 0; i < grid * grid; i++) {
    data[2 * i] = ((i % grid) + 0.5) / grid;
    data[2 * i + 1] = (Math.floor(i / grid) + 0.5) / grid;
  }
  return tensor(data, [grid * grid, 2]);
}

/** Sines and cosines of both coordinates of each cell (DETR, arXiv 2005.12872, appendix A.4): [1, grid * grid, width]. */
export function gridPositions(grid: number, width: number): Value {
  const middles = cellMiddles(grid).data;
  const quarter = width / 4;
  const data = new Float32Array(grid * grid * width);
  for (let i = 0; i < grid * grid; i++) {
    for (let k = 0; k < quarter; k++) {
      // From half a turn over the picture to one over two cells.
      const frequency = Math.PI * grid ** (k / Math.max(1, quarter - 1));
      for (const axis of [0, 1]) {
        const angle = frequency * middles[2 * i + axis];
        data[i * width + (2 * axis + 0) * quarter + k] = Math.sin(angle);
        data[i * width + (2 * axis + 1) * quarter + k] = Math.cos(angle);
      }
    }
  }
  return constant(tensor(data, [1, grid * grid, width]));
}

const BOX_FREQUENCIES = 6;

/** Sines and cosines of the four numbers of boxes [N, Q, 4] (DAB-DETR, arXiv 2201.12329): [N, Q, 48]. */
export function boxPositions(boxes: Value): Value {
  const [count, queries] = boxes.shape;
  const octaves = Float32Array.from({ length: BOX_FREQUENCIES }, (_, k) => Math.PI * 2 ** k);
  const angles = multiply(
    reshape(boxes, [count, queries, 4, 1]),
    constant(tensor(octaves, [BOX_FREQUENCIES])),
  );
  return reshape(concat([sin(angles), cos(angles)], -1), [count, queries, 8 * BOX_FREQUENCIES]);
}

/** Squared distance of grid x grid cells from points, each side measured in its own unit: [N, H, Q, grid * grid]. */
export function cellDistances(
  grid: number,
  point: readonly [Value, Value],
  unit: readonly [Value, Value],
): Value {
  const middles = Float32Array.from({ length: grid }, (_, i) => (i + 0.5) / grid);
  const [x, y] = [0, 1].map((axis) => {
    const away = multiply(add(constant(tensor(middles, [grid])), multiply(point[axis], -1)), unit[axis]);
    return multiply(away, away);
  });
  const [count, heads, queries] = x.shape;
  const both = add(
    reshape(x, [count, heads, queries, 1, grid]),
    reshape(y, [count, heads, queries, grid, 1]),
  );
  return reshape(both, [count, heads, queries, grid * grid]);
}
