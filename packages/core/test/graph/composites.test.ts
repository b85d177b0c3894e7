import { describe, expect, it } from 'vitest';
import * as g from '../../src/graph/index.js';
import { type Case, expectGradients, named, pose, run } from './support.js';

const cases: Readonly<Record<string, readonly Case[]>> = {
  softmax: [
    { title: 'along the last axis', shapes: [[2, 3]], build: (x) => g.softmax(x, -1) },
    { title: 'along a first axis', shapes: [[3, 2, 2]], build: (x) => g.softmax(x, 0) },
  ],
  logSoftmax: [{ title: 'along a middle axis', shapes: [[2, 3, 2]], build: (x) => g.logSoftmax(x, 1) }],
  silu: [{ title: 'of every number', shapes: [[2, 3]], range: [-3, 3], build: g.silu }],
  gelu: [{ title: 'of every number', shapes: [[2, 3]], range: [-3, 3], build: g.gelu }],
  softplus: [{ title: 'of every number', shapes: [[2, 3]], range: [-3, 3], build: g.softplus }],
  layerNorm: [
    { title: 'of tokens', shapes: [[2, 2, 4], [4], [4]], build: (x, w, b) => g.layerNorm(x, w, b) },
    { title: 'of one vector', shapes: [[5], [5], [5]], build: (x, w, b) => g.layerNorm(x, w, b, 0.1) },
  ],
  groupNorm: [
    { title: 'of images', shapes: [[2, 4, 2, 2], [4], [4]], build: (x, w, b) => g.groupNorm(x, w, b, 2) },
    { title: 'of tokens', shapes: [[1, 3, 4], [3], [3]], build: (x, w, b) => g.groupNorm(x, w, b, 3, 1e-3) },
  ],
  attention: [
    {
      title: 'of heads',
      shapes: [
        [2, 2, 3, 2],
        [2, 2, 4, 2],
        [2, 2, 4, 3],
      ],
      build: (q, k, v) => g.attention(q, k, v),
    },
    { title: 'of itself', shapes: [[1, 3, 2]], build: (x) => g.attention(x, x, x, 0.5) },
  ],
  upsampleNearest: [{ title: 'of images', shapes: [[1, 2, 2, 3]], build: (x) => g.upsampleNearest(x, 2) }],
  pixelUnshuffle: [{ title: 'of images', shapes: [[1, 2, 4, 2]], build: (x) => g.pixelUnshuffle(x, 2) }],
  pixelShuffle: [{ title: 'of images', shapes: [[1, 8, 1, 2]], build: (x) => g.pixelShuffle(x, 2) }],
};

it('every composite is checked', () => {
  expect(Object.keys(cases).sort()).toEqual(Object.keys(g.composites).sort());
});

for (const [name, problems] of Object.entries(cases)) {
  describe(name, () => {
    for (const problem of problems) {
      it(`${problem.title}: its gradients are those of finite differences`, () => {
        const { operands, result, loss, curvature, feeds } = pose(problem);
        expect(result.op.name).toBe(name);
        expectGradients(loss, operands, feeds);
        expectGradients(curvature(), operands, feeds);
      });

      it(`${problem.title}: its gradient is that of its expansion`, () => {
        const direct = pose(problem);
        const build: Case['build'] = (...operands) => {
          const y = problem.build(...operands);
          return y.op.expand?.(y) ?? y;
        };
        const expanded = pose({ ...problem, build });
        expect(expanded.result.shape).toEqual(direct.result.shape);
        expect(expanded.result.op).not.toBe(direct.result.op);
        const own = run(named(g.grad(direct.loss, direct.operands)), direct.feeds);
        const other = run(named(g.grad(expanded.loss, expanded.operands)), expanded.feeds);
        for (const [key, { data }] of Object.entries(other)) {
          for (const [i, x] of data.entries()) expect(own[key].data[i]).toBeCloseTo(x, 6);
        }
      });
    }
  });
}

describe('numbers', () => {
  const of = (build: (x: g.Value) => g.Value, ...numbers: number[]) => {
    const x = g.input('x', [numbers.length]);
    const feeds = { x: { dtype: 'float32', shape: x.shape, data: Float64Array.from(numbers) } } as const;
    return [...run({ y: build(x) }, feeds).y.data];
  };

  it('stay finite where exp would overflow', () => {
    expect(of((x) => g.softmax(x, 0), 1000, 1000)).toEqual([0.5, 0.5]);
    expect(of((x) => g.logSoftmax(x, 0), 2000, 0)).toEqual([0, -2000]);
    expect(of(g.softplus, -1000, 1000)).toEqual([0, 1000]);
  });

  it('are those of the definitions', () => {
    expect(of(g.silu, 1)[0]).toBeCloseTo(0.7310585786, 7);
    expect(of(g.gelu, 1)[0]).toBeCloseTo(0.8413447461, 7);
    expect(of(g.softplus, 1)[0]).toBeCloseTo(1.3132616875, 7);
    expect(of(g.relu, -2, 3)).toEqual([0, 3]);
    expect(of(g.quickGelu, 1)[0]).toBeCloseTo(1 / (1 + Math.exp(-1.702)), 7);
  });

  it('moves pixels as PyTorch does', () => {
    const image = (x: g.Value) => g.reshape(x, [1, 1, 2, 4]);
    const pixels = [0, 1, 2, 3, 4, 5, 6, 7];
    expect(of((x) => g.pixelUnshuffle(image(x), 2), ...pixels)).toEqual([0, 2, 1, 3, 4, 6, 5, 7]);
    expect(of((x) => g.pixelShuffle(g.pixelUnshuffle(image(x), 2), 2), ...pixels)).toEqual(pixels);
    expect(of((x) => g.upsampleNearest(g.reshape(x, [1, 1, 1, 2]), 2), 1, 2)).toEqual([
      1, 1, 2, 2, 1, 1, 2, 2,
    ]);
  });
});
