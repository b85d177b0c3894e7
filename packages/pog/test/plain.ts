// Maps and layers in plain numbers, written from their formulas: what forward values are compared with.

import { sizeOf, type Tensors, tensor, type Values } from '@spatiallock/core';
import { type Dense, denseOf } from '@spatiallock/core/backend';
import { normals } from '@spatiallock/core/nn';

/** A map of channels, rows and columns. */
export type Maps = readonly (readonly (readonly number[])[])[];
/** The numbers of a parameter by its full name. */
export type Weights = Readonly<Record<string, Dense>>;

/** Numbers for every parameter, those that training starts at a constant among them. */
export function drawn(params: Values, std: number): Weights {
  const tensors: Tensors = Object.fromEntries(
    Object.entries(params).map(([name, { shape }], i) => {
      const data = normals(100 + i, sizeOf(shape)).map((x) => x * std);
      return [name, tensor(data, shape)];
    }),
  );
  return denseOf(tensors, 'float64');
}

/** Channels of rows of columns from numbers in that order. */
export const mapsOf = (
  data: ArrayLike<number>,
  channels: number,
  height: number,
  width: number,
): number[][][] => grid(channels, height, width, (c, y, x) => data[(c * height + y) * width + x]!);

export function grid(
  channels: number,
  height: number,
  width: number,
  value: (channel: number, row: number, column: number) => number,
): number[][][] {
  return Array.from({ length: channels }, (_, c) =>
    Array.from({ length: height }, (_, y) => Array.from({ length: width }, (_, x) => value(c, y, x))),
  );
}

export const each = (maps: Maps, f: (value: number) => number): number[][][] =>
  maps.map((rows) => rows.map((row) => row.map(f)));
export const plus = (a: Maps, b: Maps): number[][][] =>
  a.map((rows, c) => rows.map((row, y) => row.map((value, x) => value + b[c]![y]![x]!)));
export const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
export const silu = (x: number): number => x * sigmoid(x);

function weight(weights: Weights, name: string): ArrayLike<number> {
  const found = weights[name];
  if (!found) throw new Error(`${name}: no such weight among ${Object.keys(weights).join(', ')}`);
  return found.data;
}

/** A convolution with an odd square kernel, zeros beyond the edge. */
export function convolve(
  weights: Weights,
  name: string,
  x: Maps,
  channels: number,
  size: number,
): number[][][] {
  const [kernel, bias] = [weight(weights, `${name}.weight`), weight(weights, `${name}.bias`)];
  const reach = (size - 1) / 2;
  return grid(channels, x[0]!.length, x[0]![0]!.length, (o, row, column) => {
    let sum = bias[o]!;
    for (let c = 0; c < x.length; c++) {
      for (let dy = 0; dy < size; dy++) {
        for (let dx = 0; dx < size; dx++) {
          const value = x[c]![row + dy - reach]?.[column + dx - reach] ?? 0;
          sum += value * kernel[((o * x.length + c) * size + dy) * size + dx]!;
        }
      }
    }
    return sum;
  });
}

export function groupNorm(weights: Weights, name: string, x: Maps, groups: number): number[][][] {
  const [scale, shift] = [weight(weights, `${name}.weight`), weight(weights, `${name}.bias`)];
  const size = x.length / groups;
  return x.map((rows, c) => {
    const first = Math.floor(c / size) * size;
    const group = x.slice(first, first + size).flat(2);
    const mean = group.reduce((a, b) => a + b) / group.length;
    const variance = group.reduce((a, b) => a + (b - mean) ** 2, 0) / group.length;
    return rows.map((row) =>
      row.map((v) => ((v - mean) / Math.sqrt(variance + 1e-5)) * scale[c]! + shift[c]!),
    );
  });
}

/** Bilinear, the middles of pixels aligned, the edge pixels going on beyond the edge. */
export function enlarge(x: Maps, height: number, width: number): number[][][] {
  const at = (rows: readonly (readonly number[])[], y: number, x: number): number => {
    const row = rows[Math.min(rows.length - 1, Math.max(0, y))]!;
    return row[Math.min(row.length - 1, Math.max(0, x))]!;
  };
  return x.map((rows) => {
    const [h, w] = [rows.length, rows[0]!.length];
    return grid(1, height, width, (_, row, column) => {
      const [v, u] = [((row + 0.5) * h) / height - 0.5, ((column + 0.5) * w) / width - 0.5];
      const [top, left] = [Math.floor(v), Math.floor(u)];
      const [down, right] = [v - top, u - left];
      const upper = at(rows, top, left) * (1 - right) + at(rows, top, left + 1) * right;
      const lower = at(rows, top + 1, left) * (1 - right) + at(rows, top + 1, left + 1) * right;
      return upper * (1 - down) + lower * down;
    })[0]!;
  });
}

/** The largest difference between a value's numbers and the expected ones. */
export function gap(actual: Dense | undefined, expected: readonly number[]): number {
  if (actual?.data.length !== expected.length) {
    throw new Error(`${actual?.data.length} numbers were computed, ${expected.length} expected`);
  }
  return Math.max(...expected.map((value, i) => Math.abs(value - actual.data[i]!)));
}
