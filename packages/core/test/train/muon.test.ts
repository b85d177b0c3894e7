import { describe, expect, it } from 'vitest';
import { normals } from '../../src/entries/nn.js';
import { cosineRate, muon, trainingGraph } from '../../src/entries/train.js';
import {
  input,
  multiply,
  parameterStore,
  type Shape,
  scalar,
  sizeOf,
  sum,
  tensor,
  zeros,
} from '../../src/index.js';
import { type Regression, regressionData, regressionGraph, scalarOf, train } from './support.js';

/** The first move of a parameter of zeros whose gradient is `gradient`, at a learning rate of 1. */
async function firstMove(shape: Shape, gradient: Float32Array): Promise<Float32Array> {
  const { scope, params } = parameterStore();
  const slope = input('slope', shape);
  const graph = trainingGraph({
    inputs: { slope },
    params,
    loss: sum(multiply(scope.param('w', shape, zeros), slope)),
    optimiser: muon({ weightDecay: 0 }),
    learningRate: () => scalar(1),
  });
  const { results } = await train(graph, 1, () => ({ slope: tensor(gradient, shape) }));
  return results[0].state.w.data as Float32Array;
}

type Matrix = readonly (readonly number[])[];

const rowsOf = (data: Float32Array, rows: number): Matrix =>
  Array.from({ length: rows }, (_, i) =>
    Array.from(data.subarray((i * data.length) / rows, ((i + 1) * data.length) / rows)),
  );

/** a times the transpose of b. */
const product = (a: Matrix, b: Matrix): Matrix =>
  a.map((row) => b.map((other) => row.reduce((total, value, i) => total + value * other[i], 0)));

/** Largest and smallest eigenvalue of a symmetric matrix, by Jacobi's rotations. */
function extremes(symmetric: Matrix): [number, number] {
  const m = symmetric.map((row) => [...row]);
  const n = m.length;
  for (let sweep = 0; sweep < 12; sweep++) {
    for (let p = 0; p < n; p++) {
      for (let q = p + 1; q < n; q++) {
        const angle = Math.atan2(2 * m[p][q], m[q][q] - m[p][p]) / 2;
        const [c, s] = [Math.cos(angle), Math.sin(angle)];
        for (const row of m) [row[p], row[q]] = [c * row[p] - s * row[q], s * row[p] + c * row[q]];
        for (let k = 0; k < n; k++)
          [m[p][k], m[q][k]] = [c * m[p][k] - s * m[q][k], s * m[p][k] + c * m[q][k]];
      }
    }
  }
  const eigenvalues = m.map((row, i) => row[i]);
  return [Math.max(...eigenvalues), Math.min(...eigenvalues)];
}

describe('muon', () => {
  it.each([
    { shape: [16, 40], rows: 16 },
    { shape: [40, 16], rows: 40 },
    { shape: [16, 4, 3, 3], rows: 16 },
  ])('moves $shape by a matrix whose singular values are near 1', async ({ shape, rows }) => {
    const gradient = normals(5, sizeOf(shape));
    const columns = gradient.length / rows;
    const size = 0.2 * Math.sqrt(Math.max(rows, columns));
    const move = (await firstMove(shape, gradient)).map((value) => -value / size);
    const [direction, slope] = [rowsOf(move, rows), rowsOf(gradient, rows)];
    const transpose = (m: Matrix): Matrix => m[0].map((_, i) => m.map((row) => row[i]));
    const wide = (m: Matrix) => (rows > columns ? transpose(m) : m);

    const [most, least] = extremes(product(wide(direction), wide(direction)));
    expect(Math.sqrt(most)).toBeLessThan(1.3);
    expect(Math.sqrt(least)).toBeGreaterThan(0.6);

    // U V^T times (U S V^T)^T is U S U^T: symmetric, with positive eigenvalues.
    const aligned = product(wide(direction), wide(slope));
    for (const [i, row] of aligned.entries()) {
      for (const [j, value] of row.entries()) expect(Math.abs(value - aligned[j][i])).toBeLessThan(1e-3);
    }
    expect(extremes(aligned)[1]).toBeGreaterThan(0);
  });

  it('leaves small matrices and vectors to AdamW', () => {
    const { scope, params } = parameterStore();
    const shapes: Record<string, Shape> = { wide: [16, 16], narrow: [15, 64], vector: [64] };
    const losses = Object.entries(shapes).map(([name, shape]) => sum(scope.param(name, shape, zeros)));
    const graph = trainingGraph({
      inputs: {},
      params,
      loss: multiply(multiply(losses[0], losses[1]), losses[2]),
      optimiser: muon(),
      learningRate: () => scalar(1),
    });
    const states = Object.keys(graph.params).filter((name) => name.startsWith('optimiser.'));
    expect(states.sort()).toEqual([
      'optimiser.narrow.mean',
      'optimiser.narrow.square',
      'optimiser.vector.mean',
      'optimiser.vector.square',
      'optimiser.wide.momentum',
    ]);
  });

  it('refuses options that it does not have', () => {
    expect(() => muon({ momentun: 0.9 } as object)).toThrow(/muon: .*momentun.*momentum/);
  });

  it('solves a regression', async () => {
    const problem: Regression = { rows: 48, inputs: 16, outputs: 16 };
    const graph = trainingGraph({
      ...regressionGraph(problem),
      optimiser: muon({ weightDecay: 0, momentum: 0.8 }),
      learningRate: cosineRate({ peak: 0.5, warmup: 3, steps: 80 }),
    });
    const { results } = await train(graph, 80, (step) => regressionData(problem, step + 10));
    const losses = results.map(({ outputs }) => scalarOf(outputs, 'loss'));
    expect(losses[0]).toBeGreaterThan(5);
    expect(losses.at(-1)).toBeLessThan(0.01);
  });
});
