// Kernels of matrix product and convolution. Sums are kept at double precision and rounded once.

import type { ConvAttrs } from '../graph/linear.js';
import type { Shape } from '../graph/tensor.js';
import { broadcastStrides, type Kernel, type Kernels, positions } from './dense.js';

const matmul: Kernel = ([a, b], out) => {
  const [rows, columns] = out.shape.slice(-2);
  const depth = a.shape[a.shape.length - 1];
  const lead = out.shape.slice(0, -2);
  const matricesOf = (shape: Shape) => positions(lead, broadcastStrides(shape.slice(0, -2), lead));
  const [left, right] = [matricesOf(a.shape), matricesOf(b.shape)];
  const totals = new Float64Array(columns);
  for (let m = 0; m < left.length; m++) {
    for (let i = 0; i < rows; i++) {
      totals.fill(0);
      for (let k = 0; k < depth; k++) {
        const factor = a.data[(left[m] * rows + i) * depth + k];
        const start = (right[m] * depth + k) * columns;
        for (let j = 0; j < columns; j++) totals[j] += factor * b.data[start + j];
      }
      out.data.set(totals, (m * rows + i) * columns);
    }
  }
};

/** Calls `visit` for every row of products of a convolution: which numbers meet, and how many. */
type Row = (x: number, step: number, kernel: number, y: number, count: number) => void;

function eachRow(x: Shape, kernel: Shape, y: Shape, attrs: ConvAttrs, visit: Row): void {
  const [batch, channels, height, width] = x;
  const [outputs, perGroup, tall, wide] = kernel;
  const [, , rows, columns] = y;
  const {
    stride: [down, across],
    padding: [top, left],
    groups,
  } = attrs;
  const planes = batch * outputs * perGroup;
  for (let plane = 0; plane < planes; plane++) {
    const i = plane % perGroup;
    const o = Math.floor(plane / perGroup) % outputs;
    const n = Math.floor(plane / (perGroup * outputs));
    const channel = Math.floor(o / (outputs / groups)) * perGroup + i;
    const source = (n * channels + channel) * height * width;
    const target = (n * outputs + o) * rows * columns;
    for (let cell = 0; cell < tall * wide; cell++) {
      const ky = Math.floor(cell / wide);
      const kx = cell % wide;
      const first = Math.max(0, Math.ceil((left - kx) / across));
      const last = Math.min(columns - 1, Math.floor((width - 1 + left - kx) / across));
      for (let row = 0; row < rows; row++) {
        const line = row * down - top + ky;
        if (line < 0 || line >= height || last < first) continue;
        const from = source + line * width + first * across - left + kx;
        const at = (o * perGroup + i) * tall * wide + cell;
        visit(from, across, at, target + row * columns + first, last - first + 1);
      }
    }
  }
}

const conv2d: Kernel = ([x, kernel], out, attrs) => {
  const totals = new Float64Array(out.data.length);
  eachRow(x.shape, kernel.shape, out.shape, attrs as unknown as ConvAttrs, (from, step, at, to, count) => {
    const factor = kernel.data[at];
    for (let i = 0; i < count; i++) totals[to + i] += factor * x.data[from + i * step];
  });
  out.data.set(totals);
};

const conv2dInputGradient: Kernel = ([dy, kernel], out, attrs) => {
  const totals = new Float64Array(out.data.length);
  eachRow(out.shape, kernel.shape, dy.shape, attrs as unknown as ConvAttrs, (from, step, at, to, count) => {
    const factor = kernel.data[at];
    for (let i = 0; i < count; i++) totals[from + i * step] += factor * dy.data[to + i];
  });
  out.data.set(totals);
};

const conv2dKernelGradient: Kernel = ([x, dy], out, attrs) => {
  const totals = new Float64Array(out.data.length);
  eachRow(x.shape, out.shape, dy.shape, attrs as unknown as ConvAttrs, (from, step, at, to, count) => {
    let total = 0;
    for (let i = 0; i < count; i++) total += dy.data[to + i] * x.data[from + i * step];
    totals[at] += total;
  });
  out.data.set(totals);
};

export const linearKernels: Kernels = { matmul, conv2d, conv2dInputGradient, conv2dKernelGradient };
