import { describe, expect, it } from 'vitest';
import * as g from '../../src/graph/index.js';
import { interpret, referenceBackend } from '../../src/reference/index.js';

const floats = (numbers: readonly number[], shape: g.Shape = [numbers.length]) => g.tensor(numbers, shape);

describe('interpret', () => {
  const x = g.input('x', [2]);
  const weight = g.parameter('unet.weight', [2]);

  it('names what is missing and what does not fit', () => {
    expect(() => interpret({ x })).toThrow('input x: nothing was given; it needs float32 [2]');
    expect(() => interpret({ weight })).toThrow(
      'parameter unet.weight: nothing was given; it needs float32 [2]',
    );
    expect(() => interpret({ x }, { x: floats([1, 2, 3]) })).toThrow('input x: float32 [3] was given');
    expect(() => interpret({ x }, { x: g.tensor([1, 2], [2], 'int32') })).toThrow('int32 [2] was given');
  });

  it('gives results of their own memory', () => {
    const given = floats([1, 2]);
    const { y } = interpret({ y: x }, { x: given });
    expect(y).toEqual(given);
    expect(y.data).not.toBe(given.data);
  });

  it('computes an output that another output needs', () => {
    const y = g.exp(x);
    const results = interpret({ y, z: g.log(y), again: y }, { x: floats([1, 2]) });
    expect([...results.z.data].map(Math.round)).toEqual([1, 2]);
    expect(results.again).toEqual(results.y);
  });

  it('names an op without a kernel', () => {
    const mystery: g.Op = { name: 'mystery', infer: () => ({ shape: [], dtype: 'float32' }) };
    expect(() => interpret({ y: g.node(mystery, [x]) }, { x: floats([1, 2]) })).toThrow(
      'mystery: the interpreter',
    );
  });
});

describe('referenceBackend', () => {
  const w = g.parameter('w', [2]);
  const frozen = g.parameter('frozen', []);
  const x = g.input('x', [2]);
  const loss = g.sum(g.multiply(g.multiply(w, w), g.multiply(x, frozen)));
  const [dw] = g.grad(loss, [w]);
  const step: g.Graph = {
    inputs: { x },
    params: { w, frozen },
    outputs: { loss },
    updates: { w: g.subtract(w, g.multiply(dw, 0.25)) },
  };
  const params = { w: floats([2, 4]), frozen: floats([1], []) };

  it('moves parameters on after each run, and reports the loss before', async () => {
    const executable = await referenceBackend().compile(step, params);
    expect([...(await executable.run({ x: floats([1, 1]) })).loss.data]).toEqual([20]);
    expect(await executable.readParams()).toEqual({ w: floats([1, 2]), frozen: floats([1], []) });
    expect([...(await executable.run({ x: floats([1, 2]) })).loss.data]).toEqual([9]);
    expect([...(await executable.readParams()).w.data]).toEqual([0.5, 0]);
  });

  it('leaves the tensors that it was given alone, and they it', async () => {
    const given = { w: floats([2, 4]), frozen: floats([1], []) };
    const executable = await referenceBackend().compile(step, given);
    await executable.run({ x: floats([1, 1]) });
    expect(given).toEqual(params);
    given.w.data.fill(100);
    expect([...(await executable.readParams()).w.data]).toEqual([1, 2]);
  });

  it('swaps parameters at once', async () => {
    const [a, b] = [g.parameter('a', []), g.parameter('b', [])];
    const swap = { inputs: {}, params: { a, b }, outputs: {}, updates: { a: b, b: a } };
    const executable = await referenceBackend().compile(swap, { a: floats([1], []), b: floats([2], []) });
    expect(await executable.run({})).toEqual({});
    expect(await executable.readParams()).toEqual({ a: floats([2], []), b: floats([1], []) });
  });

  it('refuses a missing parameter and an update of none', async () => {
    await expect(referenceBackend().compile(step, { w: params.w })).rejects.toThrow('parameter frozen');
    const stray = { ...step, updates: { other: dw } };
    await expect(referenceBackend().compile(stray, params)).rejects.toThrow(
      'updates.other: the graph has no',
    );
  });
});
