// Layers in plain numbers, written from their formulas and not from the graph's: what forward values are compared with.

import { sizeOf, type Tensors, tensor, type Values } from '@spatiallock/core';
import { type Dense, denseOf } from '@spatiallock/core/backend';
import { normals } from '@spatiallock/core/nn';

/** Rows of numbers. */
export type Table = readonly (readonly number[])[];
/** The numbers of a parameter by its full name. */
export type Weights = Readonly<Record<string, Dense>>;

/** Numbers for every parameter, those that training starts at zero among them. */
export function drawn(params: Values, std = 0.3): Weights {
  const tensors: Tensors = Object.fromEntries(
    Object.entries(params).map(([name, { shape }], i) => [
      name,
      tensor(
        normals(100 + i, sizeOf(shape)).map((x) => x * std),
        shape,
      ),
    ]),
  );
  return denseOf(tensors, 'float64');
}

export const rows = (numbers: ArrayLike<number>, width: number): number[][] =>
  Array.from({ length: numbers.length / width }, (_, i) =>
    Array.from({ length: width }, (_, k) => numbers[i * width + k]!),
  );

const weight = (weights: Weights, name: string): ArrayLike<number> => {
  const found = weights[name];
  if (!found) throw new Error(`${name}: no such weight among ${Object.keys(weights).join(', ')}`);
  return found.data;
};

/** y_o = sum_i w_oi x_i + b_o; a bias that is not there counts as zeros. */
export function linear(weights: Weights, name: string, x: Table): number[][] {
  const matrix = rows(weight(weights, `${name}.weight`), x[0]!.length);
  const bias = weights[`${name}.bias`]?.data;
  return x.map((row) => matrix.map((w, o) => w.reduce((sum, wi, i) => sum + wi * row[i]!, bias?.[o] ?? 0)));
}

export const map = (x: Table, f: (value: number) => number): number[][] => x.map((row) => row.map(f));
export const plus = (a: Table, b: Table): number[][] => a.map((row, i) => row.map((v, k) => v + b[i]![k]!));
export const times = (a: Table, factor: number): number[][] => map(a, (v) => v * factor);
export const silu = (x: number): number => x / (1 + Math.exp(-x));

/** x Phi(x), the normal distribution's integral by Simpson's rule. */
export function gelu(x: number): number {
  const pieces = 2000;
  const density = (t: number): number => Math.exp((-t * t) / 2) / Math.sqrt(2 * Math.PI);
  let area = density(0) + density(x);
  for (let i = 1; i < pieces; i++) area += (i % 2 ? 4 : 2) * density((i * x) / pieces);
  return x * (0.5 + (area * x) / pieces / 3);
}

export function layerNorm(weights: Weights, name: string, x: Table): number[][] {
  const [scale, shift] = [weight(weights, `${name}.weight`), weight(weights, `${name}.bias`)];
  return x.map((row) => {
    const mean = row.reduce((a, b) => a + b) / row.length;
    const variance = row.reduce((a, b) => a + (b - mean) ** 2, 0) / row.length;
    return row.map((v, i) => ((v - mean) / Math.sqrt(variance + 1e-5)) * scale[i]! + shift[i]!);
  });
}

export function softmax(row: readonly number[]): number[] {
  const powers = row.map(Math.exp);
  const total = powers.reduce((a, b) => a + b);
  return powers.map((power) => power / total);
}

/** The largest difference between a value's numbers and a table's. */
export function gap(actual: Dense | undefined, expected: Table): number {
  const flat = expected.flat();
  if (actual?.data.length !== flat.length) {
    throw new Error(`${actual?.data.length} numbers were computed, ${flat.length} expected`);
  }
  return Math.max(...flat.map((value, i) => Math.abs(value - actual.data[i]!)));
}
