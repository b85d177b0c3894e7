// What PoI computes, formula by formula, against plain numbers.

import { input, parameterStore, sizeOf, tensor, type Value } from '@spatiallock/core';
import { type Dense, type Denses, denseOf, interpretDouble } from '@spatiallock/core/backend';
import { parseUNet2dConditionConfig } from '@spatiallock/core/models';
import { normals } from '@spatiallock/core/nn';
import { networkContext } from '@spatiallock/core/pipeline';
import { describe, expect, it } from 'vitest';
import {
  cellMessages,
  groundingAttention,
  groundingTokens,
  poi,
  poiInputs,
  RELATIVE_WIDTH,
  relativeBoxes,
} from '../src/index.js';
import {
  drawn,
  gap,
  gelu,
  layerNorm,
  linear,
  map,
  plus,
  rows,
  silu,
  softmax,
  type Table,
  times,
  type Weights,
} from './plain.js';

type Corners = readonly [number, number, number, number];

/** Grids are constants of single precision. */
const CLOSE = 2e-5;

const numbers = (seed: number, shape: readonly number[]): Dense =>
  denseOf({ x: tensor(normals(seed, sizeOf(shape)), shape) }, 'float64').x!;
const given = (data: readonly number[], shape: readonly number[]): Dense => ({
  dtype: 'float32',
  shape,
  data: Float64Array.from(data),
});
const only = (value: Value, inputs: Denses, weights: Weights = {}): Dense =>
  interpretDouble({ value }, inputs, weights).value!;

// Three slots, the last one empty, and a grid that is no square.
const BOXES: readonly Corners[] = [
  [0.1, 0.2, 0.6, 0.9],
  [0.35, 0.05, 0.95, 0.7],
  [0, 0, 0, 0],
];
const MASKS = [1, 1, 0];
const [HEIGHT, WIDTH] = [2, 4];
const CELLS = HEIGHT * WIDTH;
const SLOTS = BOXES.length;
const EMBEDDED = 3;

const slots = {
  boxes: input('boxes', [1, SLOTS, 4]),
  masks: input('masks', [1, SLOTS]),
  embeddings: input('embeddings', [1, SLOTS, EMBEDDED]),
};
const slotNumbers = {
  boxes: given(BOXES.flat(), [1, SLOTS, 4]),
  masks: given(MASKS, [1, SLOTS]),
  embeddings: numbers(1, [1, SLOTS, EMBEDDED]),
};

function plainFourier(box: Corners): number[] {
  return Array.from({ length: 8 }, (_, k) => 100 ** (k / 8)).flatMap((frequency) => [
    ...box.map((corner) => Math.sin(frequency * corner)),
    ...box.map((corner) => Math.cos(frequency * corner)),
  ]);
}

/** The null vectors stand in for what an empty slot lacks. */
function plainTokens(weights: Weights, name: string): number[][] {
  const at = (part: string): string => (name ? `${name}.${part}` : part);
  const [nullText, nullPlace] = ['null_positive_feature', 'null_position_feature'].map((part) =>
    Array.from(weights[at(part)]!.data),
  );
  const embeddings = rows(slotNumbers.embeddings.data, EMBEDDED);
  const read = BOXES.map((box, slot) =>
    MASKS[slot] ? [...embeddings[slot]!, ...plainFourier(box)] : [...nullText!, ...nullPlace!],
  );
  const first = map(linear(weights, at('linears.0'), read), silu);
  return linear(weights, at('linears.4'), map(linear(weights, at('linears.2'), first), silu));
}

const clip = (value: number, low: number, high: number): number => Math.min(high, Math.max(low, value));

/** The share of cell (row, column) in the box. */
function plainCoverage(slot: number, row: number, column: number): number {
  const [x0, y0, x1, y1] = BOXES[slot]!;
  const across = Math.min(x1, (column + 1) / WIDTH) - Math.max(x0, column / WIDTH);
  const down = Math.min(y1, (row + 1) / HEIGHT) - Math.max(y0, row / HEIGHT);
  return MASKS[slot]! * Math.max(0, across) * Math.max(0, down) * CELLS;
}

/** For each slot and cell its features. */
function plainFeatures(slot: number, cell: number): number[] {
  const [row, column] = [Math.floor(cell / WIDTH), cell % WIDTH];
  const [x0, y0, x1, y1] = BOXES[slot]!;
  const [w, h] = [Math.max(x1 - x0, 1e-4), Math.max(y1 - y0, 1e-4)];
  const place = [
    clip(((column + 0.5) / WIDTH - x0) / w, -1, 2),
    clip(((row + 0.5) / HEIGHT - y0) / h, -1, 2),
  ];
  const waves = [0, 1, 2, 3, 4].flatMap((k) => {
    const angles = place.map((r) => (2 ** k * Math.PI * r) / 2);
    return [...angles.map(Math.sin), ...angles.map(Math.cos)];
  });
  const others = (counts: (other: number) => boolean): number =>
    Math.min(
      1,
      BOXES.reduce((sum, _, other) => sum + (counts(other) ? plainCoverage(other, row, column) : 0), 0),
    );
  const [nearer, farther] = [others((other) => other > slot), others((other) => other < slot)];
  return [...waves, ...place, plainCoverage(slot, row, column), w * h, nearer, farther];
}

/** What each cell gets, from the first `objects` slots. */
function plainMessages(weights: Weights, name: string, tokens: Table, objects: number): number[][] {
  const what = linear(weights, `${name}.object`, tokens);
  const gain = linear(weights, `${name}.gain`, tokens);
  const joined = Array.from({ length: CELLS }, (_, cell) => {
    let covered = 0;
    const total: number[] = new Array(160).fill(0);
    for (let slot = 0; slot < objects; slot++) {
      const share = plainCoverage(slot, Math.floor(cell / WIDTH), cell % WIDTH);
      const [where] = linear(weights, `${name}.place`, [plainFeatures(slot, cell)]);
      covered += share;
      where!.forEach((value, i) => {
        total[i]! += share * (1 + gain[slot]![i]!) * silu(what[slot]![i]! + value);
      });
    }
    return total.map((value) => value / (covered + 0.1));
  });
  return [0, 4, 8].reduce<number[][]>(
    (m, at) =>
      plus(
        m,
        linear(weights, `${name}.refine.${at + 2}`, map(linear(weights, `${name}.refine.${at}`, m), silu)),
      ),
    joined,
  );
}

describe('grounding tokens', () => {
  it('are the MLP of text and Fourier features, of the nulls where a slot is empty', () => {
    const { scope, params } = parameterStore();
    const value = groundingTokens(scope, slots, 5);
    const weights = drawn(params);
    expect(value.shape).toEqual([1, SLOTS, 5]);
    expect(gap(only(value, slotNumbers, weights), plainTokens(weights, ''))).toBeLessThan(CLOSE);
  });
});

describe('relative boxes', () => {
  it('give sines, place, coverage, area and depth of every cell', () => {
    const { features, coverage } = relativeBoxes(slots.boxes, slots.masks, HEIGHT, WIDTH);
    expect(features.shape).toEqual([1, SLOTS, CELLS, RELATIVE_WIDTH]);
    const all = BOXES.map((_, slot) => Array.from({ length: CELLS }, (_, cell) => plainFeatures(slot, cell)));
    // An empty box counts as 1e-4 wide: its places are clipped.
    expect(gap(only(features, slotNumbers), all.flat())).toBeLessThan(CLOSE);
    const shares = all.map((cells) => cells.map((each) => each[22]!));
    expect(gap(only(coverage, slotNumbers), shares)).toBeLessThan(CLOSE);
  });
});

describe('messages to cells', () => {
  it.each([2, 3])('mix the first %i objects by their coverage, and are refined thrice', (objects) => {
    const { scope, params } = parameterStore();
    const tokens = input('tokens', [1, SLOTS, EMBEDDED]);
    const value = cellMessages(scope.at('at'), slots, tokens, HEIGHT, WIDTH, objects);
    const weights = drawn(params, 0.1);
    const tokenNumbers = numbers(2, [1, SLOTS, EMBEDDED]);
    const expected = plainMessages(weights, 'at', rows(tokenNumbers.data, EMBEDDED), objects);
    expect(gap(only(value, { ...slotNumbers, tokens: tokenNumbers }, weights), expected)).toBeLessThan(CLOSE);
  });
});

/** Attention of all tokens to all, by heads; the shares that each visual token pays to each grounding token. */
function plainAttention(weights: Weights, name: string, all: Table, visual: number, heads: number) {
  const width = all[0]!.length / heads;
  const [q, k, v] = ['to_q', 'to_k', 'to_v'].map((part) => linear(weights, `${name}.${part}`, all)) as [
    number[][],
    number[][],
    number[][],
  ];
  const mixed = all.map(() => new Array<number>(width * heads).fill(0));
  const reported: number[][] = [];
  for (let head = 0; head < heads; head++) {
    const part = (row: readonly number[]): number[] => row.slice(head * width, (head + 1) * width);
    const dot = (a: readonly number[], b: readonly number[]): number =>
      a.reduce((sum, value, i) => sum + value * b[i]!, 0);
    q.forEach((query, token) => {
      const pays = softmax(k.map((key) => dot(part(query), part(key)) / Math.sqrt(width)));
      if (token < visual) reported.push(pays.slice(visual));
      v.forEach((value, other) => {
        part(value).forEach((each, i) => {
          mixed[token]![head * width + i]! += pays[other]! * each;
        });
      });
    });
  }
  return { out: linear(weights, `${name}.to_out.0`, mixed), reported };
}

/** The gated layer, and the attention that it tells of. */
function plainGated(
  weights: Weights,
  name: string,
  x: Table,
  grounding: Table,
  heads: number,
  strength: number,
) {
  const all = layerNorm(weights, `${name}.norm1`, [...x, ...linear(weights, `${name}.linear`, grounding)]);
  const { out, reported } = plainAttention(weights, `${name}.attn`, all, x.length, heads);
  const gate = (part: string): number => strength * Math.tanh(weights[`${name}.${part}`]!.data[0]!);
  const attended = plus(x, times(out.slice(0, x.length), gate('alpha_attn')));
  const wide = linear(weights, `${name}.ff.net.0.proj`, layerNorm(weights, `${name}.norm2`, attended));
  const active = wide.map((row) => {
    const half = row.length / 2;
    return row.slice(0, half).map((value, i) => value * gelu(row[half + i]!));
  });
  const fed = linear(weights, `${name}.ff.net.2`, active);
  return { out: plus(attended, times(fed, gate('alpha_dense'))), reported };
}

describe('grounding attention', () => {
  it('adds gated attention over visual and grounding tokens, then a gated feed-forward layer', () => {
    const { scope, params } = parameterStore();
    const x = input('x', [1, 5, 8]);
    const grounding = input('grounding', [1, SLOTS, EMBEDDED]);
    const strength = input('strength', []);
    const reported: Value[] = [];
    const value = groundingAttention(scope.at('f'), x, grounding, 2, strength, (each) => reported.push(each));
    const weights = drawn(params);
    const inputs = {
      x: numbers(3, x.shape),
      grounding: numbers(4, grounding.shape),
      strength: given([0.7], []),
    };
    const expected = plainGated(
      weights,
      'f',
      rows(inputs.x.data, 8),
      rows(inputs.grounding.data, EMBEDDED),
      2,
      0.7,
    );
    expect(gap(only(value, inputs, weights), expected.out)).toBeLessThan(CLOSE);
    expect(reported.map(({ shape }) => shape)).toEqual([[1, 2, 5, SLOTS]]);
    expect(gap(only(reported[0]!, inputs, weights), expected.reported)).toBeLessThan(CLOSE);
  });
});

describe('the plugin in the U-Net', () => {
  const CHANNELS = 6;
  const MAX = 30;
  const config = parseUNet2dConditionConfig({
    cross_attention_dim: EMBEDDED,
    block_out_channels: [32, 32, 32, 32],
  });
  const { scope, params } = parameterStore();
  const sizes = { batch: 1, height: 2 * HEIGHT, width: 2 * WIDTH, objects: 2, tokens: 2 };
  const { context } = networkContext(scope, { config, sizes, has: () => true });
  const { hooks = {}, inputs = {} } = poi({ attention: false }).network!(context);
  const place = { height: HEIGHT, width: WIDTH, stage: 'up', block: 1, heads: 1 } as const;
  const site = { ...place, hasAttention: false };
  const tokens = input('tokens', [1, CELLS, CHANNELS]);
  const features = input('features', [1, CHANNELS, HEIGHT, WIDTH]);
  const toTokens = hooks.afterSelfAttention!(tokens, { ...site, scope: scope.at('block') });
  const toMap = hooks.afterResnet!(features, { ...site, scope: scope.at('resnet') });
  const weights = drawn(params, 0.1);
  const padded = (data: ArrayLike<number>, width: number): number[] => [
    ...Array.from(data),
    ...new Array<number>((MAX - SLOTS) * width).fill(0),
  ];
  const feeds = {
    tokens: numbers(5, tokens.shape),
    features: numbers(6, features.shape),
    [poiInputs.boxes]: given(padded(slotNumbers.boxes.data, 4), [1, MAX, 4]),
    [poiInputs.masks]: given(padded(MASKS, 1), [1, MAX]),
    [poiInputs.embeddings]: given(padded(slotNumbers.embeddings.data, EMBEDDED), [1, MAX, EMBEDDED]),
    [poiInputs.strength]: given([0.6], []),
  };
  const messages = plainMessages(weights, 'injection.2', plainTokens(weights, 'position_net'), 2);

  it('adds to tokens what cells get, by strength', () => {
    expect(Object.keys(inputs)).toEqual(Object.values(poiInputs));
    const added = times(linear(weights, 'block.injection.out', messages), 0.6);
    const expected = plus(rows(feeds.tokens.data, CHANNELS), added);
    expect(gap(only(toTokens, feeds, weights), expected)).toBeLessThan(CLOSE);
  });

  it('adds to maps the same, channels first', () => {
    const added = times(linear(weights, 'resnet.injection.out', messages), 0.6);
    const planes = rows(feeds.features.data, CELLS);
    const expected = planes.map((plane, channel) => plane.map((v, cell) => v + added[cell]![channel]!));
    expect(gap(only(toMap, feeds, weights), expected)).toBeLessThan(CLOSE);
  });
});
