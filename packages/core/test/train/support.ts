// A regression with one matrix and one bias, whose gradients a reader can check by hand.

import { expect } from 'vitest';
import { initialise, normals } from '../../src/entries/nn.js';
import {
  add,
  type Graph,
  input,
  matmul,
  mean,
  multiply,
  parameterStore,
  referenceBackend,
  subtract,
  type Tensors,
  tensor,
  uniform,
} from '../../src/index.js';

export interface Regression {
  readonly rows: number;
  readonly inputs: number;
  readonly outputs: number;
}

/** mean((x weight + bias - y)^2) as a graph. */
export function regressionGraph({ rows, inputs, outputs }: Regression) {
  const { scope, params } = parameterStore();
  const x = input('x', [rows, inputs]);
  const y = input('y', [rows, outputs]);
  const weight = scope.param('weight', [inputs, outputs], uniform(0.5));
  const bias = scope.param('bias', [outputs], uniform(0.5));
  const error = subtract(add(matmul(x, weight), bias), y);
  return { inputs: { x, y }, params, loss: mean(multiply(error, error)) };
}

/** Numbers for a regression that can be solved exactly. */
export function regressionData({ rows, inputs, outputs }: Regression, seed: number): Tensors {
  const x = normals(seed, rows * inputs);
  const solution = normals(99, inputs * outputs);
  const y = Float32Array.from({ length: rows * outputs }, (_, at) => {
    const [n, o] = [Math.floor(at / outputs), at % outputs];
    let sum = 0.5;
    for (let i = 0; i < inputs; i++) sum += x[n * inputs + i] * solution[i * outputs + o];
    return sum;
  });
  return { x: tensor(x, [rows, inputs]), y: tensor(y, [rows, outputs]) };
}

export interface TrainedStep {
  readonly outputs: Tensors;
  readonly state: Tensors;
}

/** Runs a training graph on the reference backend; gives the first state and what each step left. */
export async function train(graph: Graph, steps: number, feed: (step: number) => Tensors) {
  const start = initialise(graph.params, 1);
  const executable = await referenceBackend().compile(graph, start);
  const results: TrainedStep[] = [];
  for (let step = 0; step < steps; step++) {
    const outputs = await executable.run(feed(step));
    results.push({ outputs, state: await executable.readParams() });
  }
  await executable.dispose();
  return { start, results };
}

export const scalarOf = (tensors: Tensors, name: string): number => Number(tensors[name].data[0]);

export function expectNear(actual: ArrayLike<number>, expected: readonly number[], tolerance: number): void {
  expect(actual.length).toBe(expected.length);
  for (const [i, value] of expected.entries()) {
    expect(Math.abs(actual[i] - value), `[${i}]: ${actual[i]} for ${value}`).toBeLessThan(tolerance);
  }
}
