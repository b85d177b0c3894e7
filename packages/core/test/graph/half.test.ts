// Which nodes of a graph are computed in half precision, and what comes of it.

import { describe, expect, it } from 'vitest';
import { inHalf, LARGEST_HALF, readAsHalves } from '../../src/graph/half.js';
import {
  add,
  attention,
  cast,
  constant,
  conv2d,
  type Graph,
  grad,
  groupNorm,
  input,
  layerNorm,
  matmul,
  multiply,
  parameter,
  reshape,
  rootsOf,
  silu,
  sizeOf,
  softmax,
  sum,
  swapLast,
  type Tensors,
  tensor,
  topological,
  transpose,
  upsampleNearest,
  type Value,
} from '../../src/graph/index.js';
import { normals } from '../../src/nn/random.js';
import { interpret } from '../../src/reference/interpret.js';

const graphOf = (inputs: Graph['inputs'], params: Graph['params'], y: Value): Graph => ({
  inputs,
  params,
  outputs: { y },
});

/** Names of the ops whose results are halves, casts aside, in order. */
const halvesIn = (graph: Graph): string[] =>
  topological(rootsOf(graph))
    .filter(({ dtype, op }) => dtype === 'float16' && op.name !== 'cast')
    .map(({ op }) => op.name);

const castsIn = (graph: Graph): number =>
  topological(rootsOf(graph)).filter(({ op }) => op.name === 'cast').length;

const x = input('x', [1, 20, 8]);
const weight = parameter('weight', [8, 8]);
const product = matmul(x, swapLast(weight));

describe('inHalf', () => {
  it('takes products, convolutions and attention, and what moves their operands', () => {
    const image = input('image', [1, 4, 4, 4]);
    const kernel = parameter('kernel', [4, 4, 3, 3]);
    const [scale, shift] = [parameter('scale', [4]), parameter('shift', [4])];
    const map = conv2d(upsampleNearest(silu(groupNorm(image, scale, shift, 2)), 2), kernel, { padding: 1 });
    const tokens = transpose(reshape(map, [1, 4, 64]), [0, 2, 1]);
    const normal = layerNorm(tokens, scale, shift);
    const y = softmax(add(attention(normal, tokens, tokens), 1), -1);
    const graph = inHalf(graphOf({ image }, { kernel, scale, shift }, y));
    // Keys and values come from the convolution and are never widened; queries come from a norm.
    expect(halvesIn(graph)).toEqual(['upsampleNearest', 'conv2d', 'reshape', 'transpose', 'attention']);
    for (const { op, dtype } of topological(rootsOf(graph))) {
      if (['softmax', 'silu', 'groupNorm', 'layerNorm', 'add'].includes(op.name))
        expect(dtype).toBe('float32');
    }
    expect(graph.outputs.y).toMatchObject({ dtype: 'float32', shape: y.shape });
  });

  it('casts parameters where they stand, so that they can be kept as halves', () => {
    const graph = inHalf(graphOf({ x }, { weight }, product));
    expect(halvesIn(graph)).toEqual(['transpose', 'matmul']);
    expect(readAsHalves(graph)).toEqual(new Set(['weight']));
    const alsoWide = inHalf(graphOf({ x }, { weight }, add(sum(product), sum(weight))));
    expect(readAsHalves(alsoWide)).toEqual(new Set());
    expect(readAsHalves(graphOf({ x }, { weight }, product))).toEqual(new Set());
  });

  it('does not go through float32 between two products', () => {
    const two = inHalf(graphOf({ x }, { weight }, matmul(product, swapLast(weight))));
    // x, the weight, and the result of both.
    expect(castsIn(two)).toBe(3);
  });

  it('leaves products of few vectors in float32: the timestep embedding', () => {
    const few = input('few', [16, 8]);
    const graph = graphOf({ few }, { weight }, matmul(few, weight));
    expect(halvesIn(inHalf(graph))).toEqual([]);
    const many = input('many', [17, 8]);
    expect(halvesIn(inHalf(graphOf({ many }, { weight }, matmul(many, weight))))).toEqual(['matmul']);
  });

  it('leaves products with what halves cannot hold in float32', () => {
    const kept = inHalf(graphOf({ x }, { weight }, product), {
      fits: ({ attrs }) => attrs.name !== 'weight',
    });
    expect(halvesIn(kept)).toEqual([]);
    const times = (largest: number): Graph =>
      graphOf({ x }, {}, matmul(x, constant(tensor(new Float32Array(64).fill(largest), [8, 8]))));
    expect(halvesIn(inHalf(times(LARGEST_HALF)))).toEqual(['matmul']);
    expect(halvesIn(inHalf(times(1e5)))).toEqual([]);
    expect(halvesIn(inHalf(times(Number.NaN)))).toEqual([]);
  });

  it('returns training steps, gradients of convolutions and graphs with halves as they are', () => {
    const step: Graph = { ...graphOf({ x }, { weight }, sum(product)), updates: { weight } };
    expect(inHalf(step)).toBe(step);
    const image = input('image', [1, 4, 4, 4]);
    const kernel = parameter('kernel', [4, 4, 3, 3]);
    const [gradient] = grad(sum(multiply(conv2d(image, kernel), conv2d(image, kernel))), [image]);
    const guided = graphOf({ image }, { kernel }, gradient);
    expect(inHalf(guided)).toBe(guided);
    const halves = graphOf({ x }, { weight }, cast(cast(product, 'float16'), 'float32'));
    expect(inHalf(halves)).toBe(halves);
  });

  it('gives the same numbers to eleven bits', () => {
    const image = input('image', [1, 4, 6, 6]);
    const kernel = parameter('kernel', [4, 4, 3, 3]);
    const tokens = transpose(reshape(conv2d(image, kernel, { padding: 1 }), [1, 4, 36]), [0, 2, 1]);
    const graph = graphOf({ image }, { kernel }, attention(tokens, tokens, tokens));
    const given = ({ shape }: Value, seed: number): Tensors[string] =>
      tensor(normals(seed, sizeOf(shape)), shape);
    const [feeds, params] = [{ image: given(image, 1) }, { kernel: given(kernel, 2) }];
    const wide = interpret(graph.outputs, feeds, params).y!.data;
    const narrow = interpret(inHalf(graph).outputs, feeds, params).y!.data;
    const largest = Math.max(...wide.map(Math.abs));
    const furthest = Math.max(...wide.map((value, i) => Math.abs(value - narrow[i]!)));
    expect(furthest).toBeLessThan(0.01 * largest);
    expect(furthest).toBeGreaterThan(0);
  });
});
