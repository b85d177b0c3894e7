import {
  type Backend,
  type DType,
  type Graph,
  input,
  type Shape,
  sizeOf,
  type Tensor,
  type Tensors,
  tensor,
  type Value,
} from '@spatiallock/core';
import { random } from '@spatiallock/core/nn';
import { cpu } from '../src/index.js';

export const backend = cpu({ threads: 1 });

/** Normal numbers that the seed decides. */
export function noise(shape: Shape, seed = 1): Tensor {
  const source = random(seed);
  return tensor(
    Float32Array.from({ length: sizeOf(shape) }, () => source.normal()),
    shape,
  );
}

/** Builds a graph over inputs of the given tensors and runs it once. */
export async function evaluate(
  inputs: Tensors,
  build: (values: Record<string, Value>) => Record<string, Value>,
): Promise<Record<string, Tensor>> {
  const values = Object.fromEntries(
    Object.entries(inputs).map(([name, { shape, dtype }]) => [name, input(name, shape, dtype as DType)]),
  );
  const graph: Graph = { inputs: values, params: {}, outputs: build(values) };
  const compiled = await backend.compile(graph, {});
  const results = await compiled.run(inputs);
  await compiled.dispose();
  return { ...results };
}

/** The largest absolute difference, relative to the largest number expected. */
export function worst(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Number.POSITIVE_INFINITY;
  let [difference, scale] = [0, 1e-12];
  for (let i = 0; i < expected.length; i++) {
    difference = Math.max(difference, Math.abs(actual[i]! - expected[i]!));
    scale = Math.max(scale, Math.abs(expected[i]!));
  }
  return Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference / scale;
}

/** The backend, which tells of each run of a graph of the U-Net. */
export const watchingUNet = (onRun: (graph: Graph) => void): Backend => ({
  ...backend,
  async compile(graph, params, options) {
    const executable = await backend.compile(graph, params, options);
    if (!Object.hasOwn(graph.inputs, 'sample')) return executable;
    return {
      ...executable,
      run(inputs) {
        onRun(graph);
        return executable.run(inputs);
      },
    };
  },
});
