import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as g from '../../src/graph/index.js';
import { interpret } from '../../src/reference/index.js';

const x = g.input('x', [2, 3]);
const w = g.parameter('w', [3]);
const graphOf = (outputs: g.Values): g.Graph => ({ inputs: { x }, params: { w }, outputs });
const simplified = (y: g.Value) => g.simplify(graphOf({ y })).outputs.y;
const nodes = (graph: g.Graph) => g.topological(g.rootsOf(graph));
const ops = (y: g.Value) => g.topological([y]).map((value) => value.op.name);

describe('simplify', () => {
  it('computes equal nodes once, through outputs and updates alike', () => {
    const graph: g.Graph = {
      ...graphOf({ a: g.exp(g.multiply(x, w)), b: g.exp(g.multiply(x, w)) }),
      updates: { w: g.sum(g.exp(g.multiply(x, w)), [0]) },
    };
    const { outputs, updates } = g.simplify(graph);
    expect(outputs.a).toBe(outputs.b);
    expect(updates?.w.inputs[0]).toBe(outputs.a);
  });

  it('keeps apart what differs in an attribute, an operand, their order, or the op', () => {
    const pairs: [g.Value, g.Value][] = [
      [g.sum(x, [0]), g.sum(x, [1])],
      [g.sum(x, [0]), g.max(x, [0])],
      [g.subtract(x, w), g.subtract(w, x)],
      [g.layerNorm(x, w, w, 1e-5), g.layerNorm(x, w, w, 1e-6)],
      [g.cast(x, 'int32'), g.cast(x, 'bool')],
      [g.add(x, 1), g.add(x, 2)],
    ];
    for (const [a, b] of pairs) {
      const { outputs } = g.simplify(graphOf({ a, b }));
      expect(outputs.a).not.toBe(outputs.b);
    }
  });

  it('keeps inputs, parameters and leaves of one name what they are', () => {
    const twin = g.parameter('w', [3]);
    const graph = { inputs: { x }, params: { w, twin }, outputs: { x, w, sum: g.add(w, twin) } };
    const { inputs, params, outputs } = g.simplify(graph);
    expect([inputs.x, outputs.x]).toEqual([x, x]);
    expect(inputs.x).toBe(x);
    expect(params.w).toBe(w);
    expect(outputs.w).toBe(w);
    expect(outputs.sum.inputs[0]).toBe(w);
    expect(outputs.sum.inputs[1]).toBe(twin);
  });

  it('merges constants of equal numbers, not of equal bits under another dtype or sign', () => {
    const whole = (n: number) => g.constant(g.tensor([n], [], 'int32'));
    const { outputs } = g.simplify(
      graphOf({
        a: g.scalar(0),
        b: g.scalar(0),
        c: g.scalar(-0),
        d: whole(0),
        e: g.full([1], 0),
      }),
    );
    expect(outputs.a).toBe(outputs.b);
    expect(new Set(Object.values(outputs)).size).toBe(4);
  });

  it('merges large constants of one memory alone', () => {
    const numbers = new Float32Array(5000);
    const [a, b] = [g.constant(g.tensor(numbers, [5000])), g.constant(g.tensor(numbers, [5000]))];
    const { outputs } = g.simplify(graphOf({ a, b, c: g.full([5000], 0) }));
    expect(outputs.a).toBe(outputs.b);
    expect(outputs.c).not.toBe(outputs.a);
  });

  it('computes what depends on small constants alone', () => {
    const y = simplified(g.multiply(x, g.divide(g.add(g.scalar(1), g.scalar(2)), g.scalar(4))));
    expect(ops(y)).toEqual(['input', 'constant', 'multiply']);
    expect(g.scalarOf(y.inputs[1])).toBe(0.75);
    const moved = simplified(g.transpose(g.reshape(g.constant(g.tensor([1, 2, 3, 4], [4])), [2, 2]), [1, 0]));
    expect(moved.attrs.tensor).toEqual(g.tensor([1, 3, 2, 4], [2, 2]));
  });

  it('leaves large constants and float16 to the runtime', () => {
    expect(ops(simplified(g.exp(g.full([2000], 1))))).toEqual(['constant', 'exp']);
    expect(ops(simplified(g.broadcastTo(g.scalar(1), [2000])))).toEqual(['constant', 'broadcastTo']);
    const half = g.constant({ dtype: 'float16', shape: [1], data: Uint16Array.of(0x3c00) });
    expect(ops(simplified(g.cast(half, 'float32')))).toEqual(['constant', 'cast']);
  });

  it('lets element-wise ops broadcast by themselves', () => {
    const y = simplified(g.multiply(x, g.broadcastTo(g.reshape(w, [1, 3]), [2, 3])));
    expect(ops(y)).toEqual(['input', 'parameter', 'reshape', 'multiply']);
    const kept = simplified(g.add(g.broadcastTo(w, [2, 3]), g.broadcastTo(g.sin(w), [2, 3])));
    expect(kept.shape).toEqual([2, 3]);
    expect(ops(kept).filter((op) => op === 'broadcastTo')).toHaveLength(1);
  });

  it('drops neutral operands that come to light', () => {
    expect(simplified(g.multiply(x, g.broadcastTo(g.subtract(g.scalar(3), g.scalar(2)), [2, 3])))).toBe(x);
    expect(simplified(g.add(g.divide(x, g.exp(g.scalar(0))), g.sin(g.scalar(0))))).toBe(x);
  });

  it('shrinks a gradient', () => {
    const loss = g.mean(g.power(g.layerNorm(x, w, w), 2));
    const graph = graphOf({ dx: g.grad(loss, [x])[0] });
    expect(nodes(g.simplify(graph)).length).toBeLessThan(nodes(graph).length);
  });
});

const unary = [g.negate, g.tanh, g.sin, g.sigmoid, g.abs, g.silu, g.sign, g.stopGradient, g.gelu];
const binary = [
  g.add,
  g.subtract,
  g.multiply,
  g.maximum,
  g.minimum,
  (a: g.Value, b: g.Value) => g.divide(a, g.add(g.abs(b), 1)),
  (a: g.Value, b: g.Value) => g.where(g.less(a, b), a, b),
  (a: g.Value, b: g.Value) => g.where(g.equal(a, b), a, g.scalar(1)),
];
const moves = [
  (a: g.Value) => g.broadcastTo(a, g.broadcastShapes(a.shape, [2, 3])),
  (a: g.Value) => (a.shape.length === 0 ? a : g.sum(a, [-1], true)),
  (a: g.Value) => (a.shape.length < 2 ? a : g.max(a, [0])),
  (a: g.Value) => (a.shape.length === 0 ? a : g.softmax(a, -1)),
  (a: g.Value) => g.reshape(g.exp(g.tanh(g.reshape(a, [-1]))), a.shape),
  (a: g.Value) => (a.shape.length < 2 ? a : g.transpose(g.cos(g.transpose(a, [1, 0])), [1, 0])),
  (a: g.Value) =>
    a.shape.at(-1) !== 3 ? a : g.concat([g.sliceAxis(a, -1, 1, 3), g.sliceAxis(a, -1, 0, 1)], -1),
];
const build = [
  ...unary.map((f) => (a: g.Value) => f(a)),
  ...moves.map((f) => (a: g.Value) => f(a)),
  ...binary,
];

const instruction = fc.tuple(fc.nat(build.length - 1), fc.nat(50), fc.nat(50));
const small = fc.integer({ min: -8, max: 8 }).map((n) => (n === 0 ? 0.125 : n / 4));
const randomGraph = fc.record({
  instructions: fc.array(instruction, { minLength: 1, maxLength: 25 }),
  constants: fc.array(fc.constantFrom(0, 1, -1, 0.5, 2), { minLength: 1, maxLength: 3 }),
  x: fc.array(small, { minLength: 6, maxLength: 6 }),
  w: fc.array(small, { minLength: 3, maxLength: 3 }),
});

/** Values from instructions, each on operands made before; the last three, and a gradient, are wanted. */
function assemble(instructions: readonly [number, number, number][], constants: readonly number[]): g.Graph {
  const values: g.Value[] = [x, w, ...constants.map(g.scalar), g.full([1, 3], 2)];
  for (const [op, a, b] of instructions) {
    values.push(build[op](values[a % values.length], values[b % values.length]));
  }
  const wanted = values.slice(-3);
  const loss = wanted.map((y) => g.sum(y)).reduce((a, b) => g.add(a, b));
  const [dx, dw] = g.grad(loss, [x, w]);
  return { ...graphOf({ ...Object.fromEntries(wanted.entries()), dx }), updates: { w: g.subtract(w, dw) } };
}

it('random graphs come to the same numbers, in no more nodes', () => {
  fc.assert(
    fc.property(randomGraph, ({ instructions, constants, ...numbers }) => {
      const graph = assemble(instructions, constants);
      const simple = g.simplify(graph);
      const inputs = { x: g.tensor(numbers.x, [2, 3]) };
      const params = { w: g.tensor(numbers.w, [3]) };
      const results = (of: g.Graph) =>
        interpret({ ...of.outputs, update: of.updates?.w ?? w }, inputs, params);
      const [before, after] = [results(graph), results(simple)];
      for (const [name, tensor] of Object.entries(before)) {
        expect(after[name].shape).toEqual(tensor.shape);
        // Adding 0 turns -0 into 0: only its sign may change.
        expect([...after[name].data].map((n) => n + 0)).toEqual([...tensor.data].map((n) => n + 0));
      }
      expect(nodes(simple).length).toBeLessThanOrEqual(nodes(graph).length);
      expect(nodes(g.simplify(simple)).length).toBe(nodes(simple).length);
    }),
    { numRuns: 300, seed: 20 },
  );
});

describe('expandComposites', () => {
  const y = g.attention(g.silu(x), x, x);

  it('leaves primitives alone', () => {
    const { outputs } = g.expandComposites(graphOf({ y }));
    expect(g.topological([outputs.y]).filter((value) => value.op.expand)).toEqual([]);
    const inputs = { x: g.tensor([1, 2, 3, 4, 5, 6], [2, 3]) };
    expect(interpret(outputs, inputs)).toEqual(interpret({ y }, inputs));
  });

  it('keeps those asked for, also inside an expansion', () => {
    const { outputs } = g.expandComposites(graphOf({ y }), (op) => op === g.softmaxOp);
    const left = g.topological([outputs.y]).filter((value) => value.op.expand);
    expect(left.map((value) => value.op)).toEqual([g.softmaxOp]);
  });
});
