// A small graph over given numbers, and what is asked of a backend with it.

import {
  type Backend,
  type Graph,
  grad,
  input,
  interpret,
  multiply,
  parameter,
  type Shape,
  sizeOf,
  sum,
  type Tensor,
  type Tensors,
  tensor,
  type Value,
} from '@spatiallock/core';
import { random } from '@spatiallock/core/nn';
import type { Case } from './case.js';
import { expectTensors } from './compare.js';
import type { Scope } from './tolerances.js';

export type Build = (...operands: Value[]) => Value;

export interface Specimen {
  readonly title: string;
  readonly given: readonly Tensor[];
  readonly build: Build;
}

/** Numbers of a normal distribution that the seed decides. */
export function normal(shape: Shape, seed = 1): Tensor {
  const source = random(seed);
  return tensor(
    Float32Array.from({ length: sizeOf(shape) }, () => source.normal()),
    shape,
  );
}

/** Numbers from `low` to `high`. */
export function between(low: number, high: number, shape: Shape, seed = 1): Tensor {
  const source = random(seed);
  return tensor(
    Float32Array.from({ length: sizeOf(shape) }, () => low + (high - low) * source.uniform()),
    shape,
  );
}

export const specimen = (title: string, given: readonly Tensor[], build: Build): Specimen => ({
  title,
  given,
  build,
});

/** The specimen's value over inputs x0, x1, ... */
export function posed({ given, build }: Specimen): { readonly operands: Value[]; readonly y: Value } {
  const operands = given.map(({ shape, dtype }, i) => input(`x${i}`, shape, dtype));
  return { operands, y: build(...operands) };
}

function feedsOf({ given }: Specimen): Tensors {
  return Object.fromEntries(given.map((x, i) => [`x${i}`, x]));
}

const inputsOf = (operands: readonly Value[]) => Object.fromEntries(operands.map((x, i) => [`x${i}`, x]));

/** The specimen with all operands fed, and with float operands after the first as parameters. */
export function forwardCases(op: string, specimens: readonly Specimen[]): Case[] {
  return specimens.map((one) => ({
    name: `${op}: ${one.title}`,
    run: async (backend) => {
      const { operands, y } = posed(one);
      await expectSame(
        backend,
        'op',
        { inputs: inputsOf(operands), params: {}, outputs: { y } },
        feedsOf(one),
      );
      await expectParameters(backend, one);
    },
  }));
}

/** Parameters are constants to a backend: it may compute with them before the first run. */
async function expectParameters(backend: Backend, { given, build }: Specimen): Promise<void> {
  if (given.length < 2) return;
  const [first, ...rest] = given as [Tensor, ...Tensor[]];
  const x0 = input('x0', first.shape, first.dtype);
  const params = Object.fromEntries(
    rest.map(({ shape, dtype }, i) => [`w${i}`, parameter(`w${i}`, shape, { dtype })]),
  );
  const y = build(x0, ...Object.values(params));
  const weights = Object.fromEntries(rest.map((w, i) => [`w${i}`, w]));
  await expectSame(backend, 'op', { inputs: { x0 }, params, outputs: { y } }, { x0: first }, weights);
}

/** The gradient of a weighted sum of the result with respect to every float operand. */
export function gradientCases(op: string, specimens: readonly Specimen[]): Case[] {
  return specimens.flatMap((one) => {
    const { operands, y } = posed(one);
    const smooth = operands.filter((x) => x.dtype === 'float32');
    if (y.dtype !== 'float32' || smooth.length === 0) return [];
    const run = async (backend: Backend): Promise<void> => {
      const weights = input('weights', y.shape);
      const gradients = grad(sum(multiply(y, weights)), smooth);
      const outputs = Object.fromEntries(gradients.map((g, i) => [`d${smooth[i]!.attrs.name}`, g]));
      const inputs = { ...inputsOf(operands), weights };
      const graph: Graph = { inputs, params: {}, outputs, updates: {} };
      await expectSame(backend, 'gradient', graph, { ...feedsOf(one), weights: normal(y.shape, 77) });
    };
    return [{ name: `gradient of ${op}: ${one.title}`, run }];
  });
}

/** Runs a graph and compares every output with core's interpreter. */
export async function expectSame(
  backend: Backend,
  scope: Scope,
  graph: Graph,
  feeds: Tensors,
  params: Tensors = {},
): Promise<void> {
  const executable = await backend.compile(graph, params);
  try {
    expectTensors(backend.name, scope, await executable.run(feeds), interpret(graph.outputs, feeds, params));
  } finally {
    await executable.dispose();
  }
}
