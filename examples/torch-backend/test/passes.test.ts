import {
  add,
  constant,
  divide,
  erf,
  exp,
  type Graph,
  gelu,
  grad,
  input,
  interpret,
  layers,
  mean,
  multiply,
  pad,
  parameter,
  parameterStore,
  reshape,
  scalar,
  sigmoid,
  sign,
  silu,
  sizeOf,
  slice,
  softmax,
  sqrt,
  subtract,
  sum,
  type Tensors,
  tanh,
  tensor,
  type Value,
} from '@spatiallock/core';
import { expandComposites, type Op, rootsOf, simplify, topological } from '@spatiallock/core/backend';
import { initialise, normals } from '@spatiallock/core/nn';
import { muon, trainingGraph } from '@spatiallock/core/train';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fuse } from '../src/passes/fuse.js';
import { stackAlike } from '../src/passes/stackAlike.js';
import { sumChains } from '../src/passes/sumChains.js';

/** Normal numbers, [4, 6]. */
const tensorOf = (seed: number): Value => constant(tensor(normals(seed, 24), [4, 6]));

const countOf = (graph: Graph, op: string): number =>
  topological(rootsOf(graph)).filter((value) => value.op.name === op).length;

function expectSame(changed: Graph, graph: Graph, feeds: Tensors, params: Tensors): void {
  const all = ({ outputs, updates }: Graph) => ({ ...outputs, ...updates });
  const [found, expected] = [changed, graph].map((one) => interpret(all(one), feeds, params)) as [
    Tensors,
    Tensors,
  ];
  for (const [name, { data, shape }] of Object.entries(expected)) {
    expect(found[name]!.shape, name).toEqual(shape);
    Array.from(data).forEach((x, i) => {
      expect(found[name]!.data[i], name).toBeCloseTo(x, 5);
    });
  }
}

/** Layers in a row under Muon: matrices of two shapes, vectors, and a norm over ten gradients. */
function training(): Graph {
  const { scope, params } = parameterStore();
  const x = input('x', [3, 16]);
  let y: Value = x;
  for (const name of ['a', 'b', 'c', 'd']) {
    const wide = layers.linear(scope.at(name, 'up'), layers.layerNorm(scope.at(name, 'norm'), y), 20);
    y = add(y, layers.linear(scope.at(name, 'down'), wide, 16));
  }
  const loss = mean(multiply(y, y));
  const settings = { optimiser: muon(), learningRate: () => scalar(0.01), ema: 0.9 };
  return simplify(trainingGraph({ inputs: { x }, params, loss, ...settings }));
}

describe('stacking what is alike', () => {
  const graph = training();
  const feeds = { x: tensor(normals(5, 48), [3, 16]) };
  const params = initialise(graph.params, 2);

  it("makes one product of an optimiser's many, and the same numbers", () => {
    const stacked = stackAlike(graph);
    const ofOptimiser = (one: Graph) =>
      countOf(one, 'matmul') - countOf({ ...one, updates: undefined }, 'matmul');
    // Eight matrices by five iterations of three products, and two shapes of them.
    expect(ofOptimiser(graph)).toBe(120);
    expect(ofOptimiser(stacked)).toBe(30);
    expectSame(stacked, graph, feeds, params);
  });

  it('adds up the norm of the gradients in one go', () => {
    const stacked = stackAlike(graph);
    const summed = sumChains(stacked);
    const additions = (one: Graph) => countOf({ ...one, updates: undefined }, 'add');
    expect(additions(stacked) - additions(summed)).toBeGreaterThan(10);
    expectSame(summed, graph, feeds, params);
  });

  it('keeps apart what depends on each other through other ops', () => {
    const w = parameter('w', [4]);
    const square = (x: Value) => sum(multiply(x, x));
    const first = multiply(w, sqrt(square(w)));
    const second = multiply(first, sqrt(square(first)));
    const behind = slice(exp(second), [0], [2]);
    const updates = { w: second, v: exp(behind), u: exp(slice(w, [0], [2])) };
    const params = { w, v: parameter('v', [2]), u: parameter('u', [2]) };
    const nested: Graph = { inputs: {}, params, outputs: { norm: square(second) }, updates };
    const given = { w: tensor([1, 2, -1, 0.5], [4]) };
    expectSame(sumChains(stackAlike(simplify(nested))), nested, {}, given);
  });
});

describe('fusing', () => {
  /** Group and layer norms, and silu, with what carries gradients through them. */
  function network(): Graph {
    const { scope, params } = parameterStore();
    const x = input('x', [2, 8, 3, 2]);
    const map = silu(layers.groupNorm(scope.at('norm'), x, 2));
    const weights = input('weights', [2, 8, 6]);
    const tokens = layers.layerNorm(scope.at('tokens'), reshape(map, [2, 8, 6]), 1e-3);
    const loss = mean(multiply(silu(tokens), weights));
    const inputs = { x, weights };
    const gradients = grad(loss, [x, ...Object.values(params)]);
    const outputs = Object.fromEntries([loss, ...gradients].map((value, i) => [`y${i}`, value]));
    const keep = ({ name }: Op) => name === 'silu';
    return simplify(expandComposites({ inputs, params, outputs }, keep));
  }

  it('puts norms, activations and their gradients together, with the same numbers', () => {
    const graph = network();
    const fused = fuse(graph);
    expect(countOf(graph, 'sqrt')).toBe(2);
    expect(countOf(fused, 'sqrt')).toBe(0);
    for (const op of ['normalisation', 'normalisationGradient', 'siluGradient'])
      expect(countOf(fused, op), op).toBe(2);
    const feeds = { x: tensor(normals(3, 96), [2, 8, 3, 2]), weights: tensor(normals(4, 96), [2, 8, 6]) };
    expectSame(fused, graph, feeds, initialise(graph.params, 4));
  });

  it('puts GELU, the gradient of softmax, and what gradients of slices add up to together', () => {
    const x = input('x', [4, 6]);
    const tripled = multiply(x, 3);
    const half = (at: number): Value => slice(tripled, [0, at], [4, at + 3]);
    const outputs = {
      gated: multiply(half(0), gelu(half(3))),
      paid: mean(multiply(softmax(x, -1), tensorOf(8))),
    };
    const gradients = Object.fromEntries(
      Object.entries(outputs).map(([name, y]) => [`${name}.x`, grad(mean(multiply(y, y)), [x])[0]]),
    );
    const graph = simplify(
      expandComposites(
        { inputs: { x }, params: {}, outputs: { ...outputs, ...gradients } },
        ({ name }: Op) => name === 'softmax',
      ),
    );
    const fused = fuse(graph);
    for (const op of ['gelu', 'geluGradient', 'softmaxGradient', 'concat'])
      expect(countOf(fused, op), op).toBe(1);
    for (const op of ['erf', 'exp', 'pad']) expect(countOf(fused, op), op).toBe(0);
    expectSame(fused, graph, { x: tensor(normals(7, 24), [4, 6]) }, {});
  });

  it('leaves alone what only looks alike', () => {
    const x = parameter('x', [4, 6]);
    const centred = subtract(x, mean(x, [0], true));
    const variance = mean(multiply(centred, centred), [1], true);
    const inverse = divide(1, sqrt(add(variance, 1e-5)));
    const s = sigmoid(x);
    const outputs = {
      otherAxis: multiply(centred, inverse),
      otherCount: divide(sum(x, [1]), 5),
      otherSlope: multiply(x, add(s, multiply(silu(exp(x)), subtract(1, s)))),
      otherGate: multiply(multiply(x, 0.5), add(erf(multiply(x, 0.7)), 1)),
      otherSum: subtract(multiply(x, softmax(x, 1)), multiply(softmax(x, 1), sum(x, [1], true))),
      overlapping: add(pad(x, [0, 0], [0, 2]), pad(x, [0, 2], [0, 0])),
      otherAxes: add(pad(x, [0, 0], [4, 6]), pad(x, [4, 6], [0, 0])),
    };
    const graph: Graph = { inputs: {}, params: { x }, outputs };
    const fused = fuse(graph);
    for (const op of ['normalisation', 'siluGradient', 'gelu', 'softmaxGradient', 'concat'])
      expect(countOf(fused, op), op).toBe(0);
    expectSame(fused, graph, {}, { x: tensor(normals(6, 24), [4, 6]) });
  });
});

describe('random updates', () => {
  const steps: readonly ((x: Value, y: Value) => Value)[] = [
    (x, y) => add(x, y),
    (x, y) => multiply(x, y),
    (x) => subtract(1, x),
    (x) => sign(x),
    (x) => (x.shape.length > 0 ? sum(x, [x.shape.length - 1], true) : x),
    (x) => sum(x),
    (x, y) => multiply(x, sum(multiply(y, y))),
  ];

  it('come to the same numbers', () => {
    const program = fc.array(fc.record({ step: fc.nat(steps.length - 1), a: fc.nat(), b: fc.nat() }), {
      minLength: 1,
      maxLength: 30,
    });
    fc.assert(
      fc.property(program, (lines) => {
        const params = Object.fromEntries(
          Array.from({ length: 6 }, (_, i) => [`p${i}`, parameter(`p${i}`, i < 3 ? [2, 3] : [3])]),
        );
        const values: Value[] = Object.values(params);
        for (const { step, a, b } of lines) {
          values.push(tanh(steps[step]!(values[a % values.length]!, values[b % values.length]!)));
        }
        const updates = Object.fromEntries(values.slice(-8).map((value, i) => [`u${i}`, value]));
        const outputs = { chain: values.map((value) => sum(value)).reduce((x, y) => add(x, y)) };
        const graph = simplify({ inputs: {}, params, outputs, updates });
        const given = Object.fromEntries(
          Object.entries(params).map(([name, { shape }], i) => [
            name,
            tensor(
              normals(i, sizeOf(shape)).map((x) => x / 4),
              shape,
            ),
          ]),
        );
        expectSame(sumChains(stackAlike(graph)), graph, {}, given);
      }),
    );
  });
});
