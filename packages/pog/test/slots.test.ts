// Which slots and which settings PoG reads: boxes as tensors, targets of more slots than are compared, guidance.

import {
  type CallContext,
  constant,
  type GuidingDetector,
  input,
  type Layout,
  parameterStore,
  sizeOf,
  tensor,
  type Value,
} from '@spatiallock/core';
import { type Dense, type Denses, denseOf, interpretDouble } from '@spatiallock/core/backend';
import { parseUNet2dConditionConfig, type UNetHooks } from '@spatiallock/core/models';
import { normals } from '@spatiallock/core/nn';
import { clipTokenizer, networkContext } from '@spatiallock/core/pipeline';
import { describe, expect, it } from 'vitest';
import {
  boxTensors,
  defaultGuidance,
  type PerceptionConfig,
  parsePerceptionConfig,
  perception,
  perceptionLoss,
  pog,
  pogInputs,
  pogTraining,
} from '../src/index.js';
import { drawn, gap } from './plain.js';

const config: PerceptionConfig = {
  _class_name: 'PerceptionNetwork',
  stages: ['up'],
  channels: 4,
  norm_groups: 2,
  bins: 3,
};
const SLOTS = 30;
const OBJECTS = 2;
const map = input('map', [1, 4, 3, 3]);
const paid = input('paid', [1, 1, 9, SLOTS]);
const boxes = input(pogInputs.boxes, [1, SLOTS, 4]);
const masks = input(pogInputs.masks, [1, SLOTS]);

const numbers = (seed: number, shape: readonly number[]): Dense =>
  denseOf({ x: tensor(normals(seed, sizeOf(shape)).map(Math.abs), shape) }, 'float64').x!;
const layout: Layout = {
  prompt: 'two things',
  objects: [
    { phrase: 'one', box: [0.1, 0.1, 0.4, 0.5] },
    { phrase: 'other', box: [0.5, 0.2, 0.9, 0.9] },
  ],
};
const feeds: Denses = {
  map: numbers(1, map.shape),
  paid: numbers(2, paid.shape),
  ...denseOf(boxTensors([layout.objects.map(({ box }) => box)], SLOTS), 'float64'),
};

/** PoG asks nothing of the pipeline. */
const unread: CallContext = {
  config: parseUNet2dConditionConfig({}),
  height: 8,
  width: 8,
  options: undefined,
  tokenizer: clipTokenizer({ vocab: { '<|startoftext|>': 0, '<|endoftext|>': 1 }, merges: [] }),
  tokens: 77,
  has: () => false,
  encodeTokens: () => Promise.reject(new Error('not to be asked')),
  phraseTokens: () => [],
  encodePhrases: () => Promise.reject(new Error('not to be asked')),
};

/** What a U-Net of one block would give to readers. */
function readOneBlock(hooks: UNetHooks): ReturnType<typeof parameterStore> {
  const store = parameterStore();
  const site = {
    scope: store.scope.at('up_blocks', 0),
    height: 3,
    width: 3,
    stage: 'up',
    block: 0,
    hasAttention: true,
    heads: 1,
  } as const;
  hooks.features?.(map, site);
  hooks.attentionProbs?.(paid, { ...site, attention: 'grounding' });
  return store;
}

/** The loss of the first two slots, put together by hand. */
function expectedLoss(): { perPicture: Value; params: ReturnType<typeof parameterStore>['params'] } {
  const store = parameterStore();
  const site = {
    scope: store.scope.at('up_blocks', 0),
    height: 3,
    width: 3,
    stage: 'up',
    block: 0,
    hasAttention: true,
    heads: 1,
  } as const;
  const captured = { features: [{ map, site }], attention: [{ probs: paid, site }] };
  const seen = perception(store.scope, captured, OBJECTS, config);
  const truth = layout.objects.map(({ box }) => box);
  const asked = { boxes: input('asked', [1, OBJECTS, 4]), masks: input('used', [1, OBJECTS]) };
  Object.assign(feeds, {
    asked: { dtype: 'float32', shape: [1, OBJECTS, 4], data: Float64Array.from(truth.flat(), Math.fround) },
    used: { dtype: 'float32', shape: [1, OBJECTS], data: Float64Array.of(1, 1) },
  });
  return { perPicture: perceptionLoss(seen, asked).perPicture, params: store.params };
}

describe('boxTensors', () => {
  it('puts the boxes of each picture into its first slots', () => {
    const [a, b, c] = [
      [0.1, 0.2, 0.3, 0.4],
      [0.5, 0.6, 0.7, 0.8],
      [0, 0, 1, 1],
    ] as const;
    const made = boxTensors([[a], [b, c], []], 2);
    const none = [0, 0, 0, 0];
    expect(made[pogInputs.boxes]!.shape).toEqual([3, 2, 4]);
    expect(Array.from(made[pogInputs.boxes]!.data)).toEqual(
      [...a, ...none, ...b, ...c, ...none, ...none].map(Math.fround),
    );
    expect(Array.from(made[pogInputs.masks]!.data)).toEqual([1, 0, 1, 1, 0, 0]);
  });
});

describe('guidance by the feature path', () => {
  it('is the perception loss of as many slots as the layout has objects', async () => {
    const expected = expectedLoss();
    const weights = drawn(expected.params, 0.5);
    const plugin = pog({ guidance: { perception: { config, weights: {} } } });
    const store = parameterStore();
    const unet = parseUNet2dConditionConfig({});
    const sizes = { batch: 1, height: 3, width: 3, objects: OBJECTS, tokens: 2 };
    const { context } = networkContext(store.scope, { config: unet, sizes, has: () => true });
    const part = plugin.network!(context);
    readOneBlock(part.hooks!);
    const unused = input('unused', [1]);
    const given = {
      sample: unused,
      timestep: unused,
      alphaCumprod: unused,
      denoised: unused,
      decode: (x: Value) => x,
    };
    const loss = part.guidance!.loss(given);
    expect(Object.keys(store.params).sort()).toEqual(Object.keys(expected.params).sort());
    const out = interpretDouble({ loss, expected: expected.perPicture }, feeds, weights);
    expect(gap(out.loss, Array.from(out.expected!.data))).toBeLessThan(1e-9);
    const fed = await plugin.guidance!.feed!([layout], { ...unread, options: {} });
    expect(Array.from(fed[pogInputs.masks]!.data).slice(0, 3)).toEqual([1, 1, 0]);
    expect(Array.from(fed[pogInputs.boxes]!.data).slice(4, 8)).toEqual(
      layout.objects[1]!.box.map(Math.fround),
    );
  });

  it('has the settings that are given, and the defaults for those that are not', () => {
    const guided = (options: object) =>
      pog({ guidance: { perception: { config, weights: {} }, ...options } }).guidance!.settings({}, []);
    const { strength, until, repeats, stop } = guided({ strength: undefined });
    expect({ strength, until, repeats, stop }).toEqual(defaultGuidance);
    expect(guided({ strength: 0, until: 1, repeats: 2, stop: -1 })).toMatchObject({
      strength: 0,
      until: 1,
      repeats: 2,
      stop: -1,
    });
    expect(guided({ until: 0 }).until).toBe(0);
  });

  it('guides as recommended where nobody says a strength and the detector knows every object', () => {
    const detector: GuidingDetector = {
      ...{ graph: { build: () => ({}), loss: () => constant(tensor([0], [])) }, weights: {}, imageSize: 8 },
      ...{ inputs: () => ({}), targets: () => ({}) },
      knows: (phrase) => phrase === 'a dog',
    };
    const { settings } = pog({ guidance: { detector, recommended: 0.05 } }).guidance!;
    const of = (...phrases: string[]): Layout[] => [
      { prompt: '', objects: phrases.map((phrase) => ({ phrase, box: [0, 0, 1, 1] })) },
    ];
    expect(settings({}, of('a dog', 'a dog')).strength).toBe(0.05);
    expect(settings({}, of('a dog', 'a cat')).strength).toBe(0);
    expect(settings({}, of()).strength).toBe(0);
    expect(settings({ strength: 0.2 }, of('a cat')).strength).toBe(0.2);
    expect(settings({ strength: 0 }, of('a dog')).strength).toBe(0);
    const said = pog({ guidance: { detector, recommended: 0.05, strength: 0.1 } }).guidance!;
    expect(said.settings({}, of('a dog')).strength).toBe(0.1);
    const silent = pog({ guidance: { detector: { ...detector, knows: undefined }, recommended: 0.05 } });
    expect(silent.guidance!.settings({}, of('a dog')).strength).toBe(0);
  });

  it.each([
    [{ strength: -1 }, 'guidance.strength'],
    [{ recommended: 2 }, 'guidance.recommended'],
    [{ until: -0.1 }, 'guidance.until'],
    [{ repeats: 0 }, 'guidance.repeats'],
    [{ repeats: 1.5 }, 'guidance.repeats'],
    [{ stop: Number.NaN }, 'guidance.stop'],
    [{ stop: Number.POSITIVE_INFINITY }, 'guidance.stop'],
  ])('refuses %j', (options, field) => {
    expect(() => pog({ guidance: { perception: { config, weights: {} }, ...options } })).toThrow(field);
  });
});

describe('the feature path in a training step', () => {
  it('compares the first slots of targets that have more', () => {
    const expected = expectedLoss();
    const weights = drawn(expected.params, 0.5);
    const training = pogTraining({ batch: 1, objects: OBJECTS, feature: { config, lambda: 0.5 } });
    const { scope, params } = readOneBlock(training.hooks);
    const alphaCumprod = input('alphaCumprod', [1]);
    const added = training.loss({ scope, denoised: map, alphaCumprod, targets: { boxes, masks } });
    expect(Object.keys(params).sort()).toEqual(Object.keys(expected.params).sort());
    const given = {
      ...feeds,
      alphaCumprod: { dtype: 'float32', shape: [1], data: Float64Array.of(0.25) } as const,
    };
    const out = interpretDouble({ loss: added.loss, expected: expected.perPicture }, given, weights);
    expect(out.loss!.data[0]).toBeCloseTo(0.5 * 0.5 * out.expected!.data[0]!, 9);
  });

  it('counts a hundredth by default, with boxes and masks of its own', () => {
    const expected = expectedLoss();
    const weights = drawn(expected.params, 0.5);
    const training = pogTraining({ batch: 1, objects: OBJECTS, feature: { config } });
    const { scope } = readOneBlock(training.hooks);
    const added = training.loss({ scope, denoised: map, alphaCumprod: input('alphaCumprod', [1]) });
    const own = denseOf(boxTensors([layout.objects.map(({ box }) => box)], OBJECTS), 'float64');
    const given = {
      ...feeds,
      ...own,
      alphaCumprod: { dtype: 'float32', shape: [1], data: Float64Array.of(1) } as const,
    };
    const out = interpretDouble({ loss: added.loss, expected: expected.perPicture }, given, weights);
    expect(out.loss!.data[0]).toBeCloseTo(0.01 * out.expected!.data[0]!, 9);
  });
});

describe('a perception config', () => {
  it('takes groups that divide the channels, and two bins at the least', () => {
    expect(parsePerceptionConfig({ channels: 12, norm_groups: 3, bins: 2 })).toMatchObject({
      channels: 12,
      bins: 2,
    });
    expect(() => parsePerceptionConfig({ channels: 12, norm_groups: 5 })).toThrow('norm_groups: 5');
    expect(() => parsePerceptionConfig({ bins: 1 })).toThrow('bins');
  });
});
