import {
  add,
  type Graph,
  grad,
  input,
  matmul,
  mean,
  multiply,
  parameter,
  subtract,
  type Tensor,
  tensor,
} from '@spatiallock/core';
import { afterAll, describe, expect, it } from 'vitest';
import { cpu } from '../src/index.js';

const backend = cpu({ threads: 1 });
afterAll(() => backend.dispose());

/** y = x w + b, with plain gradient descent on the squared error. */
function lineStep(rate: number): Graph {
  const [x, y] = [input('x', [8, 1]), input('y', [8, 1])];
  const params = { w: parameter('w', [1, 1]), b: parameter('b', [1]) };
  const error = subtract(add(matmul(x, params.w), params.b), y);
  const loss = mean(multiply(error, error));
  const [dw, db] = grad(loss, [params.w, params.b]) as [typeof x, typeof x];
  const updates = {
    w: subtract(params.w, multiply(dw, rate)),
    b: subtract(params.b, multiply(db, rate)),
  };
  return { inputs: { x, y }, params, outputs: { loss }, updates };
}

const xs = [-2, -1, -0.5, 0, 0.5, 1, 1.5, 2];
const line = {
  x: tensor(xs, [8, 1]),
  y: tensor(
    xs.map((x) => 3 * x - 1),
    [8, 1],
  ),
};
const start = { w: tensor([0], [1, 1]), b: tensor([0], [1]) };

describe('training', () => {
  it('fits a line', async () => {
    const compiled = await backend.compile(lineStep(0.2), start);
    const first = (await compiled.run(line)).loss!.data[0]!;
    for (let i = 0; i < 100; i++) await compiled.run(line);
    const last = (await compiled.run(line)).loss!.data[0]!;
    expect(first).toBeGreaterThan(1);
    expect(last).toBeLessThan(1e-8);
    const { w, b } = await compiled.readParams();
    expect(w!.data[0]).toBeCloseTo(3, 4);
    expect(b!.data[0]).toBeCloseTo(-1, 4);
  });

  it('runs calls that overlap one after another', async () => {
    const [one, other] = await Promise.all([
      backend.compile(lineStep(0.1), start),
      backend.compile(lineStep(0.1), start),
    ]);
    await Promise.all(Array.from({ length: 5 }, () => one.run(line)));
    for (let i = 0; i < 5; i++) await other.run(line);
    expect((await one.readParams()).w!.data).toEqual((await other.readParams()).w!.data);
  });

  it('leaves the numbers that it was given as they were', async () => {
    const compiled = await backend.compile(lineStep(0.1), start);
    await compiled.run(line);
    expect(start.w.data[0]).toBe(0);
  });

  it('reads numbers once that two parameters begin with, and moves each on by itself', async () => {
    const [w, average] = [parameter('w', [2]), parameter('average', [2])];
    const graph: Graph = {
      inputs: {},
      params: { w, average },
      outputs: { sum: mean(add(w, average)) },
      updates: { w: add(w, 1), average: add(average, multiply(w, 0.5)) },
    };
    let read = 0;
    const both: Tensor = {
      ...{ dtype: 'float32', shape: [2], place: { path: '/nowhere', offset: 0, length: 8 } },
      get data() {
        read++;
        return Float32Array.of(2, 4);
      },
    };
    const compiled = await backend.compile(graph, { w: both, average: both });
    await compiled.run({});
    expect(read).toBe(1);
    const { w: moved, average: behind } = await compiled.readParams();
    expect([...moved!.data, ...behind!.data]).toEqual([3, 5, 3, 6]);
  });
});
