import { cpu } from '@spatiallock/backend-onnx';
import type { Backend } from '@spatiallock/core';
import {
  add,
  grad,
  input,
  interpret,
  type LabelledBox,
  multiply,
  parameterStore,
  sum,
  type Tensors,
  tensor,
  type Value,
} from '@spatiallock/core';
import { type Dense, type Denses, interpretDouble } from '@spatiallock/core/backend';
import { normals } from '@spatiallock/core/nn';
import { nanodetFiles } from '@spatiallock/testing-nanodet';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  nanodetLoss,
  nanodetNetwork,
  nanodetTargetInputs,
  nanodetTargets,
  readNanodetWeights,
} from '../src/index.js';
import { leakyRelu, maxPool, resizeBilinear } from '../src/nanodet/layers.js';

const SIDE = 64;
const objects: LabelledBox[] = [
  { label: 'cat', box: [0.1, 0.15, 0.6, 0.7] },
  { label: 'cup', box: [0.55, 0.4, 0.95, 0.95] },
];

const noise = (seed: number, size: number): Float32Array =>
  normals(seed, 3 * SIDE * SIDE).map((v) => v * size);
const doubles = (tensors: Tensors): Denses =>
  Object.fromEntries(
    Object.entries(tensors).map(([name, { dtype, shape, data }]) => [
      name,
      { dtype, shape, data: Float64Array.from(data) },
    ]),
  );

function compute(value: Value, inputs: Tensors): number[] {
  return [...interpret({ value }, inputs).value.data];
}

describe('layers of NanoDet', () => {
  it('takes the largest of each window, and looks beyond the border at nothing', () => {
    const x = input('x', [1, 2, 4, 6]);
    const data = normals(1, 48).map((v) => v - 5);
    const expected = [0, 1].flatMap((c) =>
      [0, 1].flatMap((i) =>
        [0, 1, 2].map((j) => {
          const window = [-1, 0, 1].flatMap((dy) =>
            [-1, 0, 1].map((dx): [number, number] => [2 * i + dy, 2 * j + dx]),
          );
          const inside = window.filter(([y, u]) => y >= 0 && y < 4 && u >= 0 && u < 6);
          return Math.max(...inside.map(([y, u]) => data[(c * 4 + y) * 6 + u]));
        }),
      ),
    );
    const pooled = maxPool(x);
    expect(pooled.shape).toEqual([1, 2, 2, 3]);
    expect(compute(pooled, { x: tensor(data, x.shape) })).toEqual(expected);
    expect(() => maxPool(input('x', [1, 1, 4, 5]))).toThrow('5 elements');
  });

  it('interpolates between pixel middles', () => {
    const x = input('x', [1, 1, 1, 2]);
    const row = { x: tensor([0, 8], x.shape) };
    expect(compute(resizeBilinear(x, 1, 4), row)).toEqual([0, 2, 6, 8]);
    const y = input('y', [1, 1, 4, 2]);
    const block = { y: tensor([1, 3, 5, 7, 10, 20, 30, 40], y.shape) };
    expect(compute(resizeBilinear(y, 2, 1), block)).toEqual([4, 25]);
  });

  it('lets a tenth of negative numbers pass', () => {
    const x = input('x', [3]);
    const [low, zero, high] = compute(leakyRelu(x), { x: tensor([-2, 0, 3], [3]) });
    expect([zero, high]).toEqual([0, 3]);
    expect(low).toBeCloseTo(-0.2, 6);
  });
});

describe('NanoDet as a graph', () => {
  let backend: Backend;
  let weights: Tensors;
  beforeAll(async () => {
    backend = cpu({ threads: 1 });
    weights = await readNanodetWeights(nanodetFiles);
  });
  afterAll(() => backend.dispose());

  it('gives a gradient that finite differences confirm', async () => {
    const { scope, params } = parameterStore();
    const image = input('image', [1, 3, SIDE, SIDE]);
    const direction = input('direction', image.shape);
    const total = Object.values(nanodetNetwork(scope, image))
      .map((value) => sum(value))
      .reduce((a, b) => add(a, b));
    const along = sum(multiply(grad(total, [image])[0], direction));
    const graph = { inputs: { image, direction }, params, outputs: { along } };
    const executable = await backend.compile(graph, weights);
    const [picture, step] = [noise(5, 0.4), normals(6, 3 * SIDE * SIDE)];
    const feeds = { image: tensor(picture, image.shape), direction: tensor(step, image.shape) };
    const slope = (await executable.run(feeds)).along.data[0];
    await executable.dispose();

    const exact = doubles(weights);
    const at = (h: number): number => {
      const data = Float64Array.from(picture, (v, i) => v + h * step[i]);
      const moved: Dense = { dtype: 'float32', shape: image.shape, data };
      return interpretDouble({ total }, { image: moved }, exact).total.data[0];
    };
    const difference = (at(1e-7) - at(-1e-7)) / 2e-7;
    expect(Math.abs(difference)).toBeGreaterThan(1);
    expect(Math.abs(slope / difference - 1)).toBeLessThan(1e-3);
  }, 120_000);

  it('has a loss that moves a picture towards the boxes asked for', async () => {
    const { scope, params } = parameterStore();
    const image = input('image', [2, 3, SIDE, SIDE]);
    const targets = nanodetTargetInputs(2);
    const parts = nanodetLoss(nanodetNetwork(scope, image), targets);
    const [gradient] = grad(parts.loss, [image]);
    const graph = { inputs: { image, ...targets }, params, outputs: { ...parts, gradient } };
    const executable = await backend.compile(graph, weights);
    const truth = nanodetTargets({ width: SIDE, height: SIDE }, [[], objects]);
    const picture = new Float32Array([...noise(7, 0.4), ...noise(8, 0.4)]);
    const losses: number[] = [];
    for (let k = 0; k < 12; k++) {
      const found = await executable.run({ image: tensor(picture, image.shape), ...truth });
      const [loss, quality, giou, distribution] = ['loss', 'quality', 'giou', 'distribution'].map(
        (name) => found[name].data[0],
      );
      expect(loss).toBeCloseTo(quality + 2 * giou + 0.25 * distribution, 4);
      losses.push(loss);
      const slope = found.gradient.data as Float32Array;
      const length = Math.sqrt(slope.reduce((total, v) => total + v * v, 0));
      slope.forEach((v, i) => {
        picture[i] -= (3 * v) / length;
      });
    }
    expect(losses[11]).toBeLessThan(0.7 * losses[0]);
    await executable.dispose();
  }, 120_000);
});
