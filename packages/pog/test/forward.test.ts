// What PoG's networks see, formula by formula, against plain numbers.

import { input, parameterStore, type Scope, sizeOf, tensor } from '@spatiallock/core';
import { type Dense, denseOf, interpretDouble } from '@spatiallock/core/backend';
import type { Site } from '@spatiallock/core/models';
import { normals } from '@spatiallock/core/nn';
import { describe, expect, it } from 'vitest';
import {
  type CapturedActivations,
  enhFusion,
  type PerceptionConfig,
  perceive,
  perception,
  resize,
} from '../src/index.js';
import {
  convolve,
  drawn,
  each,
  enlarge,
  gap,
  grid,
  groupNorm,
  type Maps,
  mapsOf,
  plus,
  sigmoid,
  silu,
  type Weights,
} from './plain.js';

/** Constants of the graph are of single precision. */
const CLOSE = 2e-6;

const config: PerceptionConfig = {
  _class_name: 'PerceptionNetwork',
  stages: ['up'],
  channels: 4,
  norm_groups: 2,
  bins: 5,
};
const PICTURES = 2;
const OBJECTS = 2;

function numbers(seed: number, shape: readonly number[], change = (x: number): number => x): Dense {
  return denseOf({ x: tensor(normals(seed, sizeOf(shape)).map(change), shape) }, 'float64').x!;
}

const site = (scope: Scope, height: number, width: number): Site => ({
  scope,
  height,
  width,
  stage: 'up',
  block: 0,
  hasAttention: true,
  heads: 2,
});

// A coarse map and a fine one of other channels, and attention at both grids; three slots, of which two are read.
const { scope } = parameterStore();
const [coarse, fine] = [site(scope.at('up_blocks', 0), 2, 3), site(scope.at('up_blocks', 1), 4, 6)];
const captured: CapturedActivations = {
  features: [
    { map: input('a', [PICTURES, 3, 2, 3]), site: coarse },
    { map: input('b', [PICTURES, 5, 4, 6]), site: fine },
  ],
  attention: [
    { probs: input('c', [PICTURES, 2, 6, 3]), site: coarse },
    { probs: input('d', [PICTURES, 2, 24, 3]), site: fine },
  ],
};
const feeds = {
  a: numbers(1, [PICTURES, 3, 2, 3]),
  b: numbers(2, [PICTURES, 5, 4, 6]),
  // Shares of attention are positive.
  c: numbers(3, [PICTURES, 2, 6, 3], (x) => 0.02 + Math.abs(x)),
  d: numbers(4, [PICTURES, 2, 24, 3], (x) => 0.02 + Math.abs(x)),
};
const [HEIGHT, WIDTH] = [4, 6];

const picture = ({ shape, data }: Dense, n: number): ArrayLike<number> => {
  const size = sizeOf(shape.slice(1));
  return data.subarray(n * size, (n + 1) * size);
};

/** 2 a / (a + mean a) - 1 of the attention to one slot, averaged over heads. */
function plainPattern(shares: Dense, n: number, slot: number, height: number, width: number): number[][] {
  const [, heads, cells, slots] = shares.shape as [number, number, number, number];
  const own = picture(shares, n);
  const paid = Array.from({ length: cells }, (_, cell) => {
    let sum = 0;
    for (let head = 0; head < heads; head++) sum += own[(head * cells + cell) * slots + slot]!;
    return sum / heads;
  });
  const mean = paid.reduce((a, b) => a + b) / cells;
  return grid(
    1,
    height,
    width,
    (_, y, x) => (2 * paid[y * width + x]!) / (paid[y * width + x]! + mean) - 1,
  )[0]!;
}

/** Maps of one object of one picture. */
function plainFusion(weights: Weights, at: string, n: number, slot: number): number[][][] {
  const projected = [
    { name: 'up_blocks.0', map: mapsOf(picture(feeds.a, n), 3, 2, 3) },
    { name: 'up_blocks.1', map: mapsOf(picture(feeds.b, n), 5, 4, 6) },
  ].map(({ name, map }) => {
    const narrow = convolve(weights, `${at}features.${name}.proj`, map, config.channels, 1);
    return enlarge(
      groupNorm(weights, `${at}features.${name}.norm`, narrow, config.norm_groups),
      HEIGHT,
      WIDTH,
    );
  });
  const shared = convolve(
    weights,
    `${at}mix`,
    each(plus(projected[0]!, projected[1]!), silu),
    config.channels,
    3,
  );
  const patterns = [
    enlarge([plainPattern(feeds.c, n, slot, 2, 3)], HEIGHT, WIDTH)[0]!,
    plainPattern(feeds.d, n, slot, 4, 6),
  ];
  const [gate] = each(convolve(weights, `${at}gate`, patterns, 1, 1), sigmoid);
  const lifted = convolve(weights, `${at}lift`, patterns, config.channels, 1);
  return plus(
    shared.map((rows) => rows.map((row, y) => row.map((value, x) => value * gate![y]![x]!))),
    lifted,
  );
}

/** The region's logits and the box that one object's maps give. */
function plainSeen(weights: Weights, at: string, maps: Maps): { region: number[]; box: number[] } {
  const [height, width] = [maps[0]!.length, maps[0]![0]!.length];
  const head = (name: string, outputs: number): number[][][] => {
    const hidden = convolve(weights, `${at}${name}.conv`, maps, config.channels, 3);
    const active = each(groupNorm(weights, `${at}${name}.norm`, hidden, config.norm_groups), silu);
    return convolve(weights, `${at}${name}.out`, active, outputs, 1);
  };
  const [region] = head('region', 1) as [number[][]];
  const edges = head('edges', 4 * config.bins);
  let total = 1e-6;
  const box = [0, 0, 0, 0];
  region.forEach((row, y) => {
    row.forEach((logit, x) => {
      const middle = [(x + 0.5) / width, (y + 0.5) / height];
      const chance = sigmoid(logit);
      total += chance;
      for (let edge = 0; edge < 4; edge++) {
        const powers = Array.from({ length: config.bins }, (_, bin) =>
          Math.exp(edges[edge * config.bins + bin]![y]![x]!),
        );
        const sum = powers.reduce((a, b) => a + b);
        const distance = powers.reduce((far, p, bin) => far + (p / sum) * (bin / (config.bins - 1)), 0);
        box[edge]! += chance * (middle[edge % 2]! + (edge < 2 ? -distance : distance));
      }
    });
  });
  return { region: region.flat(), box: box.map((corner) => corner / total) };
}

const objects = Array.from(
  { length: PICTURES * OBJECTS },
  (_, i) => [Math.floor(i / OBJECTS), i % OBJECTS] as const,
);

describe('Enh-Fusion', () => {
  it('gates the summed features by what each object is paid, and adds a projection of the same', () => {
    const store = parameterStore();
    const value = enhFusion(store.scope, captured, OBJECTS, config);
    const weights = drawn(store.params, 0.5);
    expect(value.shape).toEqual([PICTURES, OBJECTS, config.channels, HEIGHT, WIDTH]);
    const expected = objects.map(([n, slot]) => plainFusion(weights, '', n, slot).flat(2));
    expect(gap(interpretDouble({ value }, feeds, weights).value, expected.flat())).toBeLessThan(CLOSE);
  });

  it('starts with gates that follow attention: 0.79 at twice the mean, whatever the number of maps', () => {
    const store = parameterStore();
    enhFusion(store.scope, captured, OBJECTS, config);
    const [gate, bias] = ['gate.weight', 'gate.bias'].map((name) => store.params[name]!.attrs.init);
    expect(gate).toEqual({ kind: 'constant', value: 2 });
    expect(bias).toEqual({ kind: 'constant', value: 0 });
    // At twice the mean the pattern of each tap is 2 * 2 / 3 - 1.
    expect(sigmoid(2 * 2 * (1 / 3))).toBeCloseTo(0.79, 2);
  });

  it('refuses more objects than attention was built for', () => {
    const { scope: root } = parameterStore();
    expect(() => enhFusion(root, captured, 4, config)).toThrow(
      'pog: 4 objects, but attention to 3 grounding tokens',
    );
  });
});

describe('the heads', () => {
  it('see regions, and boxes as means of what cells tell, weighted by the region', () => {
    const store = parameterStore();
    const shape = [PICTURES, OBJECTS, config.channels, 3, 5];
    const maps = input('maps', shape);
    const seen = perceive(store.scope, maps, config);
    const weights = drawn(store.params, 0.5);
    const given = { maps: numbers(5, shape) };
    const out = interpretDouble({ ...seen }, given, weights);
    const size = sizeOf(shape.slice(2));
    const expected = objects.map((_, i) => {
      const own = mapsOf(given.maps.data.subarray(i * size, (i + 1) * size), config.channels, 3, 5);
      return plainSeen(weights, '', own);
    });
    expect(seen.region.shape).toEqual([PICTURES, OBJECTS, 3, 5]);
    expect(
      gap(
        out.region,
        expected.flatMap(({ region }) => region),
      ),
    ).toBeLessThan(CLOSE);
    expect(
      gap(
        out.boxes,
        expected.flatMap(({ box }) => box),
      ),
    ).toBeLessThan(CLOSE);
  });

  it('read what Enh-Fusion gives', () => {
    const store = parameterStore();
    const seen = perception(store.scope, captured, OBJECTS, config);
    const weights = drawn(store.params, 0.5);
    const out = interpretDouble({ ...seen }, feeds, weights);
    const expected = objects.map(([n, slot]) =>
      plainSeen(weights, 'perception.heads.', plainFusion(weights, 'perception.fusion.', n, slot)),
    );
    expect(
      gap(
        out.boxes,
        expected.flatMap(({ box }) => box),
      ),
    ).toBeLessThan(CLOSE);
  });
});

describe('resize', () => {
  it.each([
    [4, 6],
    [5, 9],
    [2, 7],
    [2, 3],
  ])('enlarges 2 x 3 cells to %i x %i', (height, width) => {
    const x = input('x', [1, 1, 2, 3]);
    const given = { x: numbers(6, [1, 1, 2, 3]) };
    const expected = enlarge(mapsOf(given.x.data, 1, 2, 3), height, width).flat(2);
    expect(gap(interpretDouble({ y: resize(x, height, width) }, given).y, expected)).toBeLessThan(CLOSE);
  });
});
