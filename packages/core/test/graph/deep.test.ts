import { expect, it } from 'vitest';
import * as g from '../../src/graph/index.js';
import { interpret } from '../../src/reference/index.js';

it('graphs of 20,000 nodes in a row, and of composites, overflow no stack', () => {
  const x = g.input('x', []);
  let y: g.Value = x;
  for (let i = 0; i < 10_000; i++) y = g.add(g.multiply(y, 0.5), x);
  for (let i = 0; i < 2_000; i++) y = g.gelu(y);
  const [dx] = g.grad(y, [x]);
  const graph: g.Graph = { inputs: { x }, params: {}, outputs: { y, dx } };
  const inputs = { x: g.tensor([3], []) };
  const before = interpret(graph.outputs, inputs);
  expect(before.dx.data[0]).toBeGreaterThan(0);
  expect(interpret(g.simplify(graph).outputs, inputs)).toEqual(before);
  expect(g.printGraph(graph).split('\n').length).toBeGreaterThan(20_000);
});

it('a chain that doubles at every step is walked once', () => {
  const x = g.input('x', []);
  let y: g.Value = x;
  for (let i = 0; i < 60; i++) y = g.add(y, y);
  const [dx] = g.grad(y, [x]);
  expect(interpret({ dx }).dx.data[0]).toBe(2 ** 60);
});
