// Both losses: by hand, against an implementation in loops, and their gradients against finite differences.

import { grad, input, mean, type Shape, sizeOf, sum, type Value } from '@spatiallock/core';
import { type Dense, interpretDouble } from '@spatiallock/core/backend';
import { random } from '@spatiallock/core/nn';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { boxDiffLoss, phraseMaps, topMean } from '../src/boxDiffLoss.js';
import { boxCells } from '../src/cells.js';
import { layoutLoss } from '../src/layoutLoss.js';
import {
  type Attention,
  type Corners,
  cellsOf,
  plainBoxDiff,
  plainLayout,
  plainMap,
  plainTop,
} from './plain.js';

const VERY_LOW = -1e9;
const dense = (shape: Shape, data: ArrayLike<number>): Dense => ({
  dtype: 'float32',
  shape,
  data: Float64Array.from(data),
});
const numbers = (value: Value, feeds: Readonly<Record<string, Dense>>): number[] =>
  Array.from(interpretDouble({ value }, feeds).value!.data);

interface Case {
  readonly height: number;
  readonly width: number;
  readonly heads: number;
  readonly length: number;
  readonly seed: number;
  readonly boxes: readonly Corners[];
  /** By object; objects with the same list share its tokens. */
  readonly tokens: readonly (readonly number[])[];
  readonly P: number;
  readonly L: number;
}

/** Softmaxed attention of a layer, the same for the graph and for loops. */
function attentionOf({ height, width, heads, length, seed }: Case): Attention {
  const rng = random(seed);
  const row = (): number[] => {
    const scores = Array.from({ length }, () => Math.exp(2 * rng.normal()));
    const total = scores.reduce((a, b) => a + b, 0);
    return scores.map((score) => score / total);
  };
  const times = <T>(count: number, make: () => T): T[] => Array.from({ length: count }, make);
  return times(heads, () => times(height, () => times(width, row)));
}

/** The case as graph inputs and their numbers; both losses of each object, [objects]. */
function graphOf(given: Case) {
  const { height, width, heads, length, boxes, tokens, P, L } = given;
  const [k, cells] = [boxes.length, height * width];
  const inputs = {
    probs: input('probs', [1, heads, cells, length]),
    boxes: input('boxes', [1, k, 4]),
    tokens: input('tokens', [1, k, length]),
    alike: input('alike', [1, k, k]),
    competing: input('competing', [length]),
    P: input('P', []),
    L: input('L', []),
  };
  const share = tokens.flatMap((own) =>
    Array.from({ length }, (_, t) => (own.includes(t) ? 1 / own.length : 0)),
  );
  const isAlike = (i: number, j: number) => String(tokens[i]) === String(tokens[j]);
  const feeds = {
    probs: dense(inputs.probs.shape, attentionOf(given).flat(3)),
    boxes: dense(inputs.boxes.shape, boxes.flat()),
    tokens: dense(inputs.tokens.shape, share),
    alike: dense(
      inputs.alike.shape,
      Array.from({ length: k * k }, (_, i) => (isAlike(Math.floor(i / k), i % k) ? 1 : 0)),
    ),
    competing: dense(
      [length],
      Array.from({ length }, (_, t) => (t === 0 ? VERY_LOW : 0)),
    ),
    P: dense([], [P]),
    L: dense([], [L]),
  };
  const where = boxCells(inputs.boxes, inputs.alike, height, width);
  const maps = phraseMaps(mean(inputs.probs, [1]), inputs.tokens, inputs.competing, height, width);
  return {
    inputs,
    feeds,
    layout: layoutLoss(inputs.probs, where.inside, inputs.tokens),
    boxdiff: boxDiffLoss(maps, where, inputs.P, inputs.L),
  };
}

const corners = fc
  .tuple(fc.integer({ min: 0, max: 900 }), fc.integer({ min: 1, max: 997 }))
  .map(([from, size]) => [from, Math.min(997, from + size)] as const)
  // The middle of a picture lies between two cells, and belongs to neither.
  .filter(([from, to]) => from + to !== 997);
const box = fc
  .tuple(corners, corners)
  .map(([[x0, x1], [y0, y1]]): Corners => [x0 / 997, y0 / 997, x1 / 997, y1 / 997]);
const cases: fc.Arbitrary<Case> = fc
  .record({
    height: fc.integer({ min: 1, max: 6 }),
    width: fc.integer({ min: 1, max: 6 }),
    heads: fc.integer({ min: 1, max: 3 }),
    length: fc.integer({ min: 4, max: 7 }),
    seed: fc.nat(1e6),
    boxes: fc.array(box, { minLength: 1, maxLength: 3 }),
    P: fc.constantFrom(0, 0.2, 0.35, 1),
    L: fc.integer({ min: 0, max: 3 }),
    shared: fc.boolean(),
  })
  .map(({ shared, ...rest }) => ({
    ...rest,
    tokens: rest.boxes.map((_, i) => (shared ? [1, 3] : [[1], [2, 3], [3]][i]!)),
  }));

const sharing = ({ boxes, tokens }: Case, i: number): Corners[] =>
  boxes.filter((_, j) => String(tokens[j]) === String(tokens[i]));

describe('layout guidance', () => {
  it('is (1 - share inside)^2: of even attention and a box of one cell in four, 0.5625', () => {
    const probs = input('probs', [1, 1, 4, 2]);
    const inside = input('inside', [1, 1, 4]);
    const tokens = input('tokens', [1, 1, 2]);
    const at = (...paid: number[]) =>
      numbers(layoutLoss(probs, inside, tokens), {
        probs: dense([1, 1, 4, 2], paid),
        inside: dense([1, 1, 4], [1, 0, 0, 0]),
        tokens: dense([1, 1, 2], [0, 1]),
      })[0]!;
    expect(at(0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5)).toBeCloseTo(0.5625, 7);
    expect(at(0.1, 0.9, 1, 0, 1, 0, 1, 0)).toBeCloseTo(0, 7);
    expect(at(1, 0, 0, 1, 1, 0, 1, 0)).toBeCloseTo(1, 7);
  });

  it('agrees with loops over heads, cells and tokens', () => {
    fc.assert(
      fc.property(cases, (given) => {
        const { layout, feeds } = graphOf(given);
        const wanted = given.tokens.map((own, i) => plainLayout(attentionOf(given), own, sharing(given, i)));
        numbers(layout, feeds).forEach((loss, i) => {
          expect(loss).toBeCloseTo(wanted[i]!, 6);
        });
      }),
      { numRuns: 60 },
    );
  });
});

describe('BoxDiff', () => {
  it('adds inner box, outer box and corners: worked out by hand', () => {
    const maps = input('maps', [1, 1, 4, 4]);
    const boxes = input('boxes', [1, 1, 4]);
    const alike = input('alike', [1, 1, 1]);
    const [P, L] = [input('P', []), input('L', [])];
    const at = (share: number, reach: number) =>
      numbers(boxDiffLoss(maps, boxCells(boxes, alike, 4, 4), P, L), {
        maps: dense(
          maps.shape,
          [
            [0.8, 0.6, 0.1, 0.1],
            [0.4, 0.2, 0.1, 0.5],
            [0.1, 0.1, 0.1, 0.1],
            [0.1, 0.1, 0.1, 0.1],
          ].flat(),
        ),
        boxes: dense([1, 1, 4], [0, 0, 0.5, 0.5]),
        alike: dense([1, 1, 1], [1]),
        P: dense([], [share]),
        L: dense([], [reach]),
      })[0]!;
    // Largest by column 0.8, 0.6, 0.1, 0.5 and by row 0.8, 0.5, 0.1, 0.1; wanted 1, 1, 0, 0. Edges at 0 and 2.
    const narrow = (0.2 + 0.1) / 4 + (0.2 + 0.1) / 4;
    const wide = (0.2 + 0.4 + 0.1 + 0.5) / 4 + (0.2 + 0.5 + 0.1 + 0.1) / 4;
    // Half of 4 and of 12 cells: 0.8, 0.6, and 0.5 with five of 0.1.
    expect(at(0.5, 0)).toBeCloseTo(1 - 0.7 + 1 / 6 + narrow, 6);
    expect(at(0.5, 1)).toBeCloseTo(1 - 0.7 + 1 / 6 + wide, 6);
    expect(at(0, 0)).toBeCloseTo(1 - 0.8 + 0.5 + narrow, 6);
    expect(at(1, 0)).toBeCloseTo(1 - 0.5 + 1.6 / 12 + narrow, 6);
  });

  it('takes the mean of the largest share, ties and empty masks too', () => {
    const [values, mask, share] = [input('values', [1, 1, 5]), input('mask', [1, 1, 5]), input('share', [])];
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(0.1, 0.2, 0.2, 0.7), { minLength: 5, maxLength: 5 }),
        fc.array(fc.constantFrom(0, 1), { minLength: 5, maxLength: 5 }),
        fc.constantFrom(0, 0.2, 0.4, 0.5, 0.999, 1),
        (numbersGiven, chosen, part) => {
          const got = numbers(topMean(values, mask, share), {
            values: dense([1, 1, 5], numbersGiven),
            mask: dense([1, 1, 5], chosen),
            share: dense([], [part]),
          });
          const kept = numbersGiven.filter((_, i) => chosen[i] === 1);
          expect(got[0]).toBeCloseTo(plainTop(kept, part), 9);
        },
      ),
    );
  });

  it('agrees with loops over cells, kernels and projections', () => {
    fc.assert(
      fc.property(cases, (given) => {
        const { boxdiff, feeds } = graphOf(given);
        const competing = Array.from({ length: given.length - 1 }, (_, i) => i + 1);
        const wanted = given.tokens.map((own, i) =>
          plainBoxDiff(
            plainMap(attentionOf(given), own, competing),
            given.boxes[i]!,
            sharing(given, i),
            given.P,
            given.L,
          ),
        );
        numbers(boxdiff, feeds).forEach((loss, i) => {
          expect(loss).toBeCloseTo(wanted[i]!, 6);
        });
      }),
      { numRuns: 60 },
    );
  });
});

describe('cells', () => {
  it.each([
    [0, 0.5, 4, [0, 2]],
    [0.1, 0.9, 4, [0, 4]],
    [0.3, 0.6, 8, [2, 5]],
    [0.48, 0.49, 4, [1, 2]],
    [0.99, 1, 8, [7, 8]],
  ] as const)('of %d to %d on a side of %d are %j', (from, to, side, wanted) => {
    const boxes = input('boxes', [1, 1, 4]);
    const { columns } = boxCells(boxes, input('alike', [1, 1, 1]), 1, side);
    const feeds = { boxes: dense([1, 1, 4], [from, 0, to, 1]) };
    const inside = numbers(columns.inside, feeds);
    expect(inside).toEqual(Array.from({ length: side }, (_, i) => (i >= wanted[0] && i < wanted[1] ? 1 : 0)));
    expect([numbers(columns.first, feeds), numbers(columns.end, feeds)].flat()).toEqual([...wanted]);
    expect(cellsOf(from, to, side)).toEqual(wanted);
  });
});

describe('gradients', () => {
  const given: Case = {
    ...{ height: 5, width: 4, heads: 2, length: 6, seed: 3, P: 0.3, L: 1 },
    boxes: [
      [0.1, 0.2, 0.6, 0.7],
      [0.5, 0.4, 0.95, 0.9],
    ],
    tokens: [[1], [2, 4]],
  };
  const STEP = 1e-6;

  it.each(['layout', 'boxdiff'] as const)('of %s agree with central differences', (method) => {
    const graph = graphOf(given);
    const loss = sum(graph[method]);
    const { probs } = graph.inputs;
    const slope = interpretDouble({ slope: grad(loss, [probs])[0]! }, graph.feeds).slope!.data;
    const rng = random(5);
    const direction = Float64Array.from({ length: sizeOf(probs.shape) }, () => rng.normal() * 0.01);
    const at = (step: number) =>
      numbers(loss, {
        ...graph.feeds,
        probs: { ...graph.feeds.probs, data: graph.feeds.probs.data.map((x, i) => x + step * direction[i]!) },
      })[0]!;
    const numeric = (at(STEP) - at(-STEP)) / (2 * STEP);
    const analytic = direction.reduce((total, d, i) => total + d * slope[i]!, 0);
    expect(Math.abs(numeric)).toBeGreaterThan(1e-4);
    expect(Math.abs(analytic - numeric) / Math.abs(numeric)).toBeLessThan(1e-4);
  });
});
