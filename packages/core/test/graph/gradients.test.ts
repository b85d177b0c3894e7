import { describe, expect, it } from 'vitest';
import * as g from '../../src/graph/index.js';
import { primitiveCases, withoutGradient } from './primitiveCases.js';
import { expectGradients, pose, run } from './support.js';

describe('the list of primitives', () => {
  const exported = Object.values(g).filter(isOp);
  const leaves = [g.inputOp, g.parameterOp, g.constantOp];

  it('holds every op that graph exports', () => {
    const own = exported.filter((op) => !leaves.includes(op)).map((op) => op.name);
    const listed = [...Object.keys(g.primitives), ...Object.keys(g.composites)];
    expect(listed.sort()).toEqual(own.sort());
  });

  it('parts primitives from composites', () => {
    expect(Object.values(g.primitives).filter((op) => op.expand)).toEqual([]);
    expect(Object.values(g.composites).filter((op) => !op.expand)).toEqual([]);
  });

  it('has a check of every gradient', () => {
    const checked = [...Object.keys(primitiveCases), ...Object.keys(withoutGradient)];
    expect(checked.sort()).toEqual(Object.keys(g.primitives).sort());
  });
});

function isOp(x: unknown): x is g.Op {
  return typeof x === 'object' && x !== null && 'infer' in x;
}

for (const [name, cases] of Object.entries(primitiveCases)) {
  describe(`gradient of ${name}`, () => {
    for (const problem of cases) {
      it(`${problem.title}, first and second order`, () => {
        const { operands, result, loss, curvature, feeds } = pose(problem);
        expect(g.topological([result]).map((value) => value.op.name)).toContain(name);
        expectGradients(loss, operands, feeds);
        expectGradients(curvature(), operands, feeds);
      });
    }
  });
}

describe('no gradient', () => {
  it.each(Object.entries(withoutGradient))('passes through %s', (_name, build) => {
    const { operands, loss, feeds } = pose({ title: '', shapes: [[3]], build });
    const [dx] = g.grad(loss, operands);
    expect([...run({ dx }, feeds).dx.data]).toEqual([0, 0, 0]);
  });
});

describe('grad', () => {
  it('gives zeros for what the loss does not depend on', () => {
    const [x, other] = [g.input('x', [2]), g.input('other', [2, 2])];
    const [dx, dOther] = g.grad(g.sum(x), [x, other]);
    const results = run({ dx, dOther }, {});
    expect([...results.dx.data]).toEqual([1, 1]);
    expect(results.dOther.shape).toEqual([2, 2]);
    expect([...results.dOther.data]).toEqual([0, 0, 0, 0]);
  });

  it('sums over all uses of a value', () => {
    expectProblem((x) => g.add(g.multiply(x, x), g.multiply(g.sin(x), g.concat([x], 0))));
  });

  it('gives whole derivatives where one wanted value depends on another', () => {
    const x = g.input('x', []);
    const y = g.multiply(x, 3);
    const [dx, dy] = g.grad(g.multiply(x, y), [x, y]);
    const feeds = { x: { dtype: 'float32', shape: [], data: Float64Array.of(2) } } as const;
    const results = run({ dx, dy }, feeds);
    expect([results.dx.data[0], results.dy.data[0]]).toEqual([12, 2]);
  });

  it('counts an operand of a composite once if another operand depends on it', () => {
    expectProblem((x) => g.attention(x, g.sin(x), g.multiply(x, x)));
    expectProblem((x) => g.attention(x, x, x));
  });

  it('reaches operands that an expansion looks through', () => {
    const heads = (x: g.Value) => g.transpose(g.reshape(x, [2, 1, 2, 1]), [0, 2, 1, 3]);
    expectProblem((x) => g.attention(heads(x), heads(g.sin(x)), heads(g.multiply(x, x))));
    expectProblem((x) => g.upsampleNearest(g.reshape(x, [1, 1, 2, 2]), 2));
  });

  it('refuses a loss of many numbers and names it', () => {
    const loss = g.exp(g.input('x', [2, 3]));
    expect(() => g.grad(loss, [loss])).toThrow('grad: the loss must be a scalar, not exp[2, 3]');
  });

  it('names an op that has neither rule nor expansion', () => {
    const mystery: g.Op = { name: 'mystery', infer: () => ({ shape: [], dtype: 'float32' }) };
    const x = g.input('x', []);
    expect(() => g.grad(g.node(mystery, [x]), [x])).toThrow('mystery: has neither a gradient rule');
  });

  it('names an op whose rule gives a wrong shape', () => {
    const wrong: g.Op = {
      name: 'wrong',
      infer: () => ({ shape: [], dtype: 'float32' }),
      vjp: (_y, dy) => [dy],
    };
    const x = g.parameter('unet.weight', [2]);
    expect(() => g.grad(g.node(wrong, [x]), [x])).toThrow(/wrong: gradient .* does not fit unet.weight\[2\]/);
  });
});

function expectProblem(build: (x: g.Value) => g.Value): void {
  const { operands, loss, curvature, feeds } = pose({ title: '', shapes: [[2, 2]], build });
  expectGradients(loss, operands, feeds);
  expectGradients(curvature(), operands, feeds);
}
