// Where a forward pass is cut, by hand: a chain of eight values.

import { describe, expect, it } from 'vitest';
import { type Graph, input, mean, multiply, parameterStore, type Value, zeros } from '../../src/index.js';
import { segmentsOf } from '../../src/train/recompute/cuts.js';
import { zeroAfter } from '../../src/train/recompute/order.js';
import { recompute } from '../../src/train/recompute/recompute.js';
import { recomputing } from '../../src/train/recompute/recomputing.js';

const COUNT = 8;

/** All are of 32 bytes but the one at `narrow`; each costs 1, together 8. */
function row(narrow: number, reads: Readonly<Record<number, number>> = {}) {
  const values = Array.from({ length: COUNT }, (_, i) => input(`v${i}`, [i === narrow ? 1 : 8]));
  const lastRead = values.map((_, i) => reads[i] ?? Math.min(i + 1, COUNT - 1));
  return { values, lastRead, cost: values.map((_, i) => i + 1) };
}

const placesOf = (values: readonly Value[], kept: ReadonlySet<Value>): number[] =>
  values.flatMap((value, i) => (kept.has(value) ? [i] : []));

/** Two segments are cut between a quarter and three quarters of the cost, both included: behind values 1 to 5. */
describe('two segments', () => {
  it.each([
    [3, 3],
    [1, 1],
    [5, 5],
    // Outside of the allowed range: the first place in it is taken.
    [0, 1],
    [6, 1],
  ])('with the narrowest value at %i are cut behind %i', (narrow, cut) => {
    const forward = row(narrow);
    const { count, of, kept } = segmentsOf(forward, 2);
    expect(count).toBe(2);
    expect(forward.values.map((value) => of.get(value))).toEqual(
      forward.values.map((_, i) => (i <= cut ? 0 : 1)),
    );
    expect(placesOf(forward.values, kept)).toEqual([cut]);
  });

  it('keep what is read behind the cut, and are cut where little waits', () => {
    const forward = row(-1, { 0: 6, 2: 7 });
    const { of, kept } = segmentsOf(forward, 2);
    // Behind value 1 two values wait, from value 2 on three.
    expect(forward.values.map((value) => of.get(value))).toEqual([0, 0, 1, 1, 1, 1, 1, 1]);
    expect(placesOf(forward.values, kept)).toEqual([0, 1]);
  });
});

describe('four segments', () => {
  it('are cut once in each part of the cost', () => {
    const forward = row(-1);
    const { count, of, kept } = segmentsOf(forward, 4);
    expect(count).toBe(4);
    expect(forward.values.map((value) => of.get(value))).toEqual([0, 1, 1, 2, 2, 3, 3, 3]);
    expect(placesOf(forward.values, kept)).toEqual([0, 2, 4]);
  });
});

describe('recomputation', () => {
  const { scope, params } = parameterStore();
  const x = input('x', [700, 700]);
  const hidden = multiply(x, scope.param('w', [700, 700], zeros));
  const loss = mean(multiply(hidden, hidden));
  const graph: Graph = { inputs: { x }, params, outputs: { loss } };

  it('gives no number of segments twice', () => {
    expect([...recomputing(graph, loss, [2, 2, 2])]).toHaveLength(1);
  });

  it('says whole MiB from one MiB on', () => {
    expect(() => recompute(graph, { budget: 1.2 * 2 ** 20 })).toThrow(
      /needs at least [2-9] MiB .* the budget is 1 MiB;/,
    );
  });

  it('waits for numbers, not for whole numbers and for values without any', () => {
    const [whole, none, some] = [input('i', [2], 'int32'), input('n', [0]), input('f', [2])];
    expect(zeroAfter([whole, none])).toBeUndefined();
    expect(zeroAfter([whole, none], loss)).toBe(loss);
    expect(zeroAfter([whole, some])!.shape).toEqual([]);
  });
});
