// Maps of one picture in plain numbers, written from their formulas: what networks' forward values are compared with.

import { type Dense, denseOf } from '../../src/entries/backend.js';
import { normals } from '../../src/entries/nn.js';
import { sizeOf, type Tensors, tensor, type Values } from '../../src/index.js';

/** Channels of rows of columns. */
export type Maps = readonly (readonly (readonly number[])[])[];
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

export function maps(
  channels: number,
  height: number,
  width: number,
  value: (channel: number, row: number, column: number) => number,
): number[][][] {
  return Array.from({ length: channels }, (_, c) =>
    Array.from({ length: height }, (_, y) => Array.from({ length: width }, (_, x) => value(c, y, x))),
  );
}

export const sides = (x: Maps): [number, number] => [x[0].length, x[0][0].length];
export const each = (x: Maps, f: (value: number) => number): number[][][] =>
  x.map((rows) => rows.map((row) => row.map(f)));
export const plus = (a: Maps, b: Maps): number[][][] =>
  a.map((rows, c) => rows.map((row, y) => row.map((value, x) => value + b[c][y][x])));
export const silu = (x: number): number => x / (1 + Math.exp(-x));

/** A 3x3 convolution, zeros beyond the edge; a bias that is not there counts as zeros. */
export function convolve(weights: Weights, name: string, x: Maps, channels: number): number[][][] {
  const kernel = weights[`${name}.weight`].data;
  const bias: Dense | undefined = weights[`${name}.bias`];
  const [height, width] = sides(x);
  return maps(channels, height, width, (o, row, column) => {
    let sum = bias?.data[o] ?? 0;
    for (let c = 0; c < x.length; c++) {
      for (let tap = 0; tap < 9; tap++) {
        const value = x[c][row + Math.floor(tap / 3) - 1]?.[column + (tap % 3) - 1] ?? 0;
        sum += value * kernel[(o * x.length + c) * 9 + tap];
      }
    }
    return sum;
  });
}

/** Each pixel's channels divided by their root mean square. */
export function rmsNorm(weights: Weights, name: string, x: Maps): number[][][] {
  const [scale, shift] = [weights[`${name}.weight`].data, weights[`${name}.bias`].data];
  return maps(x.length, ...sides(x), (c, row, column) => {
    const meanSquare = x.reduce((sum, rows) => sum + rows[row][column] ** 2, 0) / x.length;
    return (x[c][row][column] / Math.sqrt(meanSquare + 1e-5)) * scale[c] + shift[c];
  });
}

/** Each 2x2 block of pixels becomes four neighbouring channels, row by row. */
export const toChannels = (x: Maps): number[][][] =>
  maps(4 * x.length, sides(x)[0] / 2, sides(x)[1] / 2, (c, row, column) => {
    const [at, part] = [Math.floor(c / 4), c % 4];
    return x[at][2 * row + Math.floor(part / 2)][2 * column + (part % 2)];
  });

/** Four neighbouring channels become each 2x2 block of pixels. */
export const toPixels = (x: Maps): number[][][] =>
  maps(x.length / 4, 2 * sides(x)[0], 2 * sides(x)[1], (c, row, column) => {
    const part = 2 * (row % 2) + (column % 2);
    return x[4 * c + part][Math.floor(row / 2)][Math.floor(column / 2)];
  });

/** Neighbouring channels averaged down to, or each channel repeated in place up to, a number of channels. */
export function withChannels(x: Maps, channels: number): number[][][] {
  return maps(channels, ...sides(x), (c, row, column) => {
    if (channels >= x.length) return x[Math.floor((c * x.length) / channels)][row][column];
    const size = x.length / channels;
    return x.slice(c * size, (c + 1) * size).reduce((sum, rows) => sum + rows[row][column], 0) / size;
  });
}
