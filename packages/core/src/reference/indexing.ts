// Kernels that look rows up by number.

import { sizeOf } from '../graph/tensor.js';
import type { Kernel, Kernels, Numbers } from './dense.js';

const gather: Kernel = ([table, indices], out) => {
  const width = sizeOf(table.shape.slice(1));
  checkRows(indices.data, table.shape[0], 'gather');
  indices.data.forEach((row, i) => {
    out.data.set(table.data.subarray(row * width, (row + 1) * width), i * width);
  });
};

const scatterAdd: Kernel = ([updates, indices], out) => {
  const width = sizeOf(out.shape.slice(1));
  checkRows(indices.data, out.shape[0], 'scatterAdd');
  indices.data.forEach((row, i) => {
    for (let k = 0; k < width; k++) out.data[row * width + k] += updates.data[i * width + k];
  });
};

function checkRows(indices: Numbers, rows: number, op: string): void {
  indices.forEach((row, i) => {
    if (row < 0 || row >= rows) throw new Error(`${op}: index ${row} at ${i} is outside 0..${rows - 1}`);
  });
}

export const indexingKernels: Kernels = { gather, scatterAdd };
