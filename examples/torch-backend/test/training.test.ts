import { cpu } from '@spatiallock/backend-onnx';
import {
  add,
  type Backend,
  type Graph,
  gather,
  input,
  layers,
  mean,
  multiply,
  normal,
  parameterStore,
  reshape,
  scalar,
  silu,
  sizeOf,
  subtract,
  type Tensors,
  tensor,
} from '@spatiallock/core';
import { initialise, normals } from '@spatiallock/core/nn';
import { muon, trainingGraph } from '@spatiallock/core/train';
import { afterAll, describe, expect, it } from 'vitest';
import type { TorchOptions } from '../src/index.js';
import { torchCpu } from './support.js';

const STEPS = 4;

/** A step of Muon with a moving average: matrices of equal and of unequal sides, a kernel, vectors, a table. */
function step(): Graph {
  const { scope, params } = parameterStore();
  const [x, target] = [input('x', [6, 16]), input('target', [6, 16])];
  const ids = input('ids', [6], 'int32');
  let y = add(x, gather(scope.param('table', [5, 16], normal(0.1)), ids));
  for (const name of ['a', 'b', 'c']) {
    const wide = silu(layers.linear(scope.at(name, 'up'), layers.layerNorm(scope.at(name), y), 24));
    y = add(y, layers.linear(scope.at(name, 'down'), wide, 16));
  }
  const map = layers.conv2d(scope.at('conv'), reshape(y, [6, 4, 2, 2]), 4, 3, { padding: 1 });
  const error = subtract(add(y, reshape(map, [6, 16])), target);
  return trainingGraph({
    inputs: { x, target, ids },
    params,
    loss: mean(multiply(error, error)),
    optimiser: muon(),
    learningRate: () => scalar(0.01),
    ema: 0.99,
  });
}

const feeds: Tensors = {
  x: tensor(normals(1, 96), [6, 16]),
  target: tensor(normals(2, 96), [6, 16]),
  ids: tensor([0, 3, 3, 1, 4, 0], [6], 'int32'),
};

async function train(backend: Backend): Promise<{ losses: number[]; params: Tensors }> {
  const graph = step();
  const executable = await backend.compile(graph, initialise(graph.params, 3));
  try {
    const losses: number[] = [];
    for (let i = 0; i < STEPS; i++) losses.push((await executable.run(feeds)).loss!.data[0]!);
    return { losses, params: await executable.readParams() };
  } finally {
    await executable.dispose();
  }
}

/** The largest difference as a part of the largest number. */
function apart(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const numbers = Array.from(a);
  const scale = numbers.reduce((most, n) => Math.max(most, Math.abs(n)), 1e-12);
  return numbers.reduce((most, n, i) => Math.max(most, Math.abs(n - b[i]!)), 0) / scale;
}

describe('training with Muon', () => {
  const onnx = cpu({ threads: 1 });
  afterAll(() => onnx.dispose());

  it.each<[TorchOptions, number]>([
    [{ stack: true }, 1],
    [{ stack: false }, 1],
    [{ channelsLast: true }, 1],
    // No time to compile: in many functions, which run as they are.
    [{ compile: true, compileSeconds: 0, segment: 100 }, 5],
  ])('gives the numbers of ONNX Runtime with %o', async (options, functions) => {
    const lines: string[] = [];
    const torch = torchCpu({ ...options, onLine: (line) => lines.push(line) });
    try {
      const [expected, found] = [await train(onnx), await train(torch)];
      expect(Number(/in (\d+) functions/.exec(lines.join('\n'))?.[1])).toBeGreaterThanOrEqual(functions);
      expect(found.losses.at(-1)).toBeLessThan(found.losses[0]!);
      expect(apart(expected.losses, found.losses)).toBeLessThan(1e-4);
      expect(Object.keys(found.params).sort()).toEqual(Object.keys(expected.params).sort());
      for (const [name, { data, shape }] of Object.entries(expected.params)) {
        expect(found.params[name]!.data).toHaveLength(sizeOf(shape));
        expect(apart(data, found.params[name]!.data), name).toBeLessThan(1e-4);
      }
    } finally {
      await torch.dispose();
    }
  });

  it('comes close in bfloat16, and keeps parameters and losses in float32', async () => {
    const torch = torchCpu({ precision: 'bfloat16' });
    try {
      const [expected, found] = [await train(onnx), await train(torch)];
      expect(apart(expected.losses, found.losses)).toBeLessThan(0.02);
      // bfloat16 has 8 bits: numbers that it holds are multiples of 2^-8 of their power of two.
      const digits = (x: number): number => Math.abs(x) / 2 ** (Math.floor(Math.log2(Math.abs(x))) - 7);
      expect(found.losses.some((loss) => !Number.isInteger(digits(loss)))).toBe(true);
      const table = Array.from(found.params.table!.data).filter((x) => x !== 0);
      expect(table.some((x) => !Number.isInteger(digits(x)))).toBe(true);
    } finally {
      await torch.dispose();
    }
  });
});
