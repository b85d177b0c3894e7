// Convolution in tiles, as WebAssembly computes it, on the runtime of Node.

import { fromBinary } from '@bufbuild/protobuf';
import {
  add,
  conv2d,
  type Graph,
  input,
  parameterStore,
  reshape,
  type Shape,
  sizeOf,
  type Tensor,
  type Value,
  zeros,
} from '@spatiallock/core';
import * as ort from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import { buildModel } from '../src/build.js';
import { ModelProtoSchema } from '../src/gen/onnx_pb.js';
import { compileGraph, type Runtime } from '../src/index.js';
import { constantParameters } from '../src/weights.js';
import { noise, worst } from './support.js';

const runtime = (winograd: boolean): Runtime => ({
  ort,
  sessionOptions: { executionProviders: ['cpu'], graphOptimizationLevel: 'all' },
  target: { winograd },
});

interface Options {
  readonly padding?: readonly [number, number, number, number];
  readonly stride?: number;
  readonly groups?: number;
  readonly bias?: boolean;
}

function convolution(x: Shape, kernel: Shape, { bias = false, ...options }: Options = {}): Graph {
  const { scope, params } = parameterStore();
  const map = input('x', x);
  const y = conv2d(map, scope.param('kernel', kernel, zeros), { padding: [1, 1, 1, 1], ...options });
  const [o] = kernel as [number];
  const biased = (): Value => add(y, reshape(scope.param('bias', [o], zeros), [1, o, 1, 1]));
  return { inputs: { x: map }, params, outputs: { y: bias ? biased() : y } };
}

const weightsOf = ({ params }: Graph): Record<string, Tensor> =>
  Object.fromEntries(Object.entries(params).map(([name, { shape }], i) => [name, noise(shape, i + 2)]));

/** How many tiles of 4 x 4 and of 2 x 2 pixels a graph is lowered to: their kernels are [36, ...] and [16, ...]. */
function pointsOf(graph: Graph, winograd = true): number[] {
  const constants = constantParameters(weightsOf(graph), undefined);
  const { bytes } = buildModel(graph, constants, { winograd });
  const { node, initializer } = fromBinary(ModelProtoSchema, bytes).graph!;
  const shapes = new Map(initializer.map(({ name, dims }) => [name, dims.map(Number)]));
  return node.flatMap(({ opType, input: [, kernel] }) => {
    const [points, one] = opType === 'Conv' ? (shapes.get(kernel!) ?? []) : [];
    return points !== undefined && one === 1 ? [points] : [];
  });
}

describe('a convolution in tiles', () => {
  it.each([
    ['tiles of 4 x 4', [2, 64, 32, 32], [96, 64, 3, 3], {}, 36, 5e-6],
    ['tiles of 4 x 4, not square', [1, 65, 16, 64], [64, 65, 3, 3], { bias: true }, 36, 5e-6],
    ['tiles of 2 x 2', [3, 64, 8, 8], [80, 64, 3, 3], { bias: true }, 16, 3e-6],
    ['tiles of 2 x 2 where 4 do not divide the map', [1, 64, 34, 32], [64, 64, 3, 3], {}, 16, 3e-6],
  ] as const)('%s', async (_, x, kernel, options, points, most) => {
    const graph = convolution(x, kernel, options);
    expect(pointsOf(graph)).toEqual([points]);
    const weights = weightsOf(graph);
    const results: ArrayLike<number>[] = [];
    for (const winograd of [true, false]) {
      const executable = await compileGraph(runtime(winograd), graph, weights);
      const { y } = await executable.run({ x: noise(x) });
      results.push(y!.data as Float32Array);
      expect(y!.shape).toEqual([x[0], kernel[0], x[2], x[3]]);
      await executable.dispose();
    }
    expect(worst(results[0]!, results[1]!)).toBeLessThan(most);
  });

  it.each([
    ['another border', [1, 64, 32, 32], [64, 64, 3, 3], { padding: [0, 1, 1, 1] }],
    ['a stride', [1, 64, 32, 32], [64, 64, 3, 3], { stride: 2 }],
    ['groups', [1, 128, 32, 32], [128, 64, 3, 3], { groups: 2 }],
    ['few channels', [1, 32, 32, 32], [64, 32, 3, 3], {}],
    ['few pixels', [1, 64, 4, 4], [64, 64, 3, 3], {}],
    ['an odd side', [1, 64, 33, 32], [64, 64, 3, 3], {}],
    ['a kernel of one tap', [1, 64, 32, 32], [64, 64, 1, 1], { padding: [0, 0, 0, 0] }],
  ] as const)('is none with %s', (_, x, kernel, options) => {
    expect(pointsOf(convolution(x, kernel, options))).toEqual([]);
  });

  it('is none where the device does not ask for it, nor where the kernel learns', () => {
    const graph = convolution([1, 64, 8, 8], [64, 64, 3, 3]);
    expect(pointsOf(graph, false)).toEqual([]);
    const { kernel } = graph.params as { kernel: Value };
    const { x } = graph.inputs as { x: Value };
    const fed = input('kernel', kernel.shape);
    const y = conv2d(x, fed, { padding: [1, 1, 1, 1] });
    expect(pointsOf({ inputs: { x, kernel: fed }, params: {}, outputs: { y } })).toEqual([]);
  });

  it('is none in a network whose kernels would take too much memory', async () => {
    const sizes: number[] = [];
    const create = async (bytes: Uint8Array) => {
      sizes.push(fromBinary(ModelProtoSchema, bytes).graph!.node.length);
      throw new Error('enough');
    };
    const watched = { ...runtime(true), ort: { ...ort, InferenceSession: { create } } as never };
    for (const channels of [910, 911]) {
      const graph = convolution([1, channels, 8, 8], [2048, channels, 3, 3]);
      const params = Object.fromEntries(
        Object.entries(graph.params).map(([name, { shape }]) => [
          name,
          { shape, dtype: 'float32', data: new Float32Array(sizeOf(shape)) } as const,
        ]),
      );
      await expect(compileGraph(watched, graph, params)).rejects.toThrow('enough');
    }
    const [tiled, summed] = sizes as [number, number];
    expect(summed).toBeLessThan(tiled);
  });
});
