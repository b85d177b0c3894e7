import {
  type Layout,
  MAX_OBJECTS,
  parameterStore,
  parseLayout,
  type Tensor,
  tensor,
} from '@spatiallock/core';
import { parseUNet2dConditionConfig } from '@spatiallock/core/models';
import { clipTokenizer, networkContext } from '@spatiallock/core/pipeline';
import { describe, expect, it } from 'vitest';
import { isHeld } from '../src/hold.js';
import { type PoiCallOptions, poi, poiInputs, poiLayoutFields } from '../src/index.js';

const config = parseUNet2dConditionConfig({ cross_attention_dim: 3, block_out_channels: [32, 32, 32, 32] });
const layout = (count: number) => ({
  prompt: 'a dog',
  objects: Array.from({ length: count }, (_, i) => ({
    phrase: `object ${i}`,
    box: [0, 0, 0.5, (i + 1) / 10] as const,
  })),
});

const tokenizer = clipTokenizer({ vocab: { '<|startoftext|>': 0, '<|endoftext|>': 1 }, merges: [] });
const row = (objects: Layout, conditional = true) => ({
  layout: objects,
  prompt: conditional ? objects.prompt : '',
  conditional,
});

/** A GLIGEN checkpoint, with our injection or without it. */
const holds = (injection: boolean) => (name: string) => injection || !name.includes('injection');

function context(injection: boolean, options: PoiCallOptions = {}) {
  const asked: string[][] = [];
  return {
    asked,
    config,
    height: 8,
    width: 8,
    options,
    tokenizer,
    tokens: 77,
    has: holds(injection),
    encodeTokens: () => Promise.reject(new Error('not to be asked')),
    phraseTokens: () => [],
    encodePhrases: async (phrases: readonly string[]): Promise<Tensor> => {
      asked.push([...phrases]);
      return tensor(
        phrases.flatMap((_, i) => [i, i + 0.25, i + 0.5]),
        [phrases.length, 3],
      );
    },
  };
}

describe('poi inputs', () => {
  it('puts each picture its own objects into the first slots, an unconditional one none', async () => {
    const given = context(true);
    const feed = await poi().feed!([row(layout(2)), row(layout(3), false), row(layout(1))], given);
    const {
      [poiInputs.boxes]: boxes,
      [poiInputs.masks]: masks,
      [poiInputs.embeddings]: embeddings,
    } = feed({ stepIndex: 0, calls: 10 });
    expect(given.asked).toEqual([['object 0', 'object 1', 'object 0']]);
    expect(boxes!.shape).toEqual([3, MAX_OBJECTS, 4]);
    const used = Array.from(masks!.data as Float32Array).flatMap((mask, i) => (mask ? [i] : []));
    expect(used).toEqual([0, 1, 2 * MAX_OBJECTS]);
    expect(Array.from((boxes!.data as Float32Array).slice(4, 8))).toEqual([0, 0, 0.5, Math.fround(0.2)]);
    const third = 2 * MAX_OBJECTS * 3;
    expect(Array.from((embeddings!.data as Float32Array).slice(third, third + 3))).toEqual([2, 2.25, 2.5]);
  });

  it('tells the unconditional half, and it alone, what shall not be there', async () => {
    const [negative, , third] = layout(3).objects;
    const asked: Layout = { ...layout(2), negativeObjects: [negative!, third!] };
    const given = context(true);
    const feed = await poi().feed!([row(asked, false), row(asked), row(layout(1), false)], given);
    const fed = feed({ stepIndex: 0, calls: 10 });
    expect(given.asked).toEqual([['object 0', 'object 2', 'object 0', 'object 1']]);
    const used = Array.from(fed[poiInputs.masks]!.data as Float32Array).flatMap((mask, i) =>
      mask ? [i] : [],
    );
    expect(used).toEqual([0, 1, MAX_OBJECTS, MAX_OBJECTS + 1]);
    const plain = await poi().feed!([row(layout(2), false), row(layout(2))], context(true));
    const boxes = plain({ stepIndex: 0, calls: 10 })[poiInputs.boxes]!.data as Float32Array;
    const half = 4 * MAX_OBJECTS;
    expect((fed[poiInputs.boxes]!.data as Float32Array).slice(half, 2 * half)).toEqual(boxes.slice(half));
  });

  it('reads what shall not be there as it reads objects', () => {
    const read = (negativeObjects: unknown) =>
      parseLayout({ prompt: '', objects: [], negativeObjects }, [], [poiLayoutFields]);
    const object = { phrase: ' a dog ', box: [0, 0, 1, 1] };
    expect(read([object])).toEqual({
      prompt: '',
      objects: [],
      negativeObjects: [{ phrase: 'a dog', box: [0, 0, 1, 1] }],
    });
    expect(() => read('a dog')).toThrow('negativeObjects: must be a list of { phrase, box }, not "a dog"');
    expect(() => read([{ ...object, box: [0, 0, 2, 1] }])).toThrow(
      'negativeObjects[0].box: x1 (2) must lie in 0..1',
    );
    expect(() => read(new Array(31).fill(object))).toThrow(
      'negativeObjects: 31 are too many; at most 30 fit',
    );
  });

  it('nulls every object when asked to', async () => {
    const plugin = poi({ nullTokens: true });
    const given = context(true, plugin.parseOptions!(undefined, 'plugins.poi'));
    const feed = await plugin.feed!([row(layout(3))], given);
    expect(Math.max(...(feed({ stepIndex: 0, calls: 1 })[poiInputs.masks]!.data as Float32Array))).toBe(0);
    expect(given.asked).toEqual([]);
  });

  const strengths = async (
    plugin: ReturnType<typeof poi>,
    has: boolean,
    call?: PoiCallOptions,
  ): Promise<number[]> => {
    const options = plugin.parseOptions!(call, 'plugins.poi');
    const feed = await plugin.feed!([row(layout(1))], context(has, options));
    return Array.from({ length: 10 }, (_, stepIndex) =>
      Number(feed({ stepIndex, calls: 10 })[poiInputs.strength]!.data[0]),
    );
  };

  it('acts in the first share of the calls: all with injection, 0.3 with a checkpoint that has none', async () => {
    expect(await strengths(poi(), true)).toEqual(new Array(10).fill(1));
    expect(await strengths(poi(), false)).toEqual([1, 1, 1, 0, 0, 0, 0, 0, 0, 0]);
    expect(await strengths(poi({ until: 0.5, strength: 2 }), false)).toEqual([2, 2, 2, 2, 2, 0, 0, 0, 0, 0]);
  });

  it('takes options of one call over its own, and refuses those that make no sense', async () => {
    const plugin = poi({ until: 0.5, strength: 2 });
    expect(await strengths(plugin, true, { strength: 0.5 })).toEqual([
      ...Array(5).fill(0.5),
      ...Array(5).fill(0),
    ]);
    expect(await strengths(plugin, true)).toEqual([...Array(5).fill(2), ...Array(5).fill(0)]);
    expect(() => plugin.parseOptions!({ strength: 11 }, 'plugins.poi')).toThrow('plugins.poi.strength');
    expect(() => plugin.parseOptions!({ placement: 'parallel' }, 'plugins.poi')).toThrow(
      'plugins.poi: "placement" is not known',
    );
  });

  it('holds an object in its own share of the calls', async () => {
    const { objects } = layout(3);
    const held = {
      prompt: 'a dog',
      objects: objects.map((object, i) =>
        i === 2 ? object : { ...object, hold: [i / 2, i / 2 + 0.5] as const },
      ),
    };
    const plugin = poi({ until: 0.7 });
    const feed = await plugin.feed!(
      [row(held), row(held, false)],
      context(true, plugin.parseOptions!(undefined, 'plugins.poi')),
    );
    const used = (stepIndex: number) => {
      const { [poiInputs.masks]: masks, [poiInputs.strength]: strength } = feed({ stepIndex, calls: 10 });
      const slots = Array.from(masks!.data as Float32Array).flatMap((mask, i) => (mask ? [i] : []));
      return [slots, strength!.data[0]];
    };
    expect([0, 4, 5, 6, 7, 9].map(used)).toEqual([
      [[0, 2], 1],
      [[0, 2], 1],
      [[1, 2], 1],
      [[1, 2], 1],
      [[1], 1],
      [[1], 1],
    ]);
    const late = { prompt: '', objects: [{ ...objects[0]!, hold: [0.5, 0.8] as const }] };
    const lone = await poi().feed!([row(late)], context(true));
    const strengths = Array.from(
      { length: 5 },
      (_, stepIndex) => lone({ stepIndex, calls: 5 })[poiInputs.strength]!.data[0],
    );
    expect(strengths).toEqual([0, 0, 1, 1, 0]);
  });

  it.each([
    [[0.02, 0.04], 25, [0]],
    [[0.5, 0.51], 10, [5]],
    [[0.99, 1], 10, [9]],
    [[0, 0.5], 4, [0, 1]],
    [[0.5, 1], 4, [2, 3]],
    [[0, 0], 4, []],
  ] as const)('holds at least one call where the range %j of %d is not empty', (hold, calls, wanted) => {
    const held = Array.from({ length: calls }, (_, stepIndex) => stepIndex);
    expect(held.filter((stepIndex) => isHeld(hold, { stepIndex, calls }))).toEqual(wanted);
  });

  it('refuses holds that make no sense, by name', () => {
    const read = (hold: unknown) =>
      parseLayout(
        { prompt: '', objects: [{ phrase: 'a dog', box: [0, 0, 1, 1], hold }] },
        [],
        [poiLayoutFields],
      );
    expect(read([0.2, 0.8]).objects[0]!.hold).toEqual([0.2, 0.8]);
    expect(() => read([0.8, 0.2])).toThrow('objects[0].hold: until (0.2) must be greater than from (0.8)');
    expect(() => read([0, Number.NaN])).toThrow(/^objects\[0\]\.hold\[1\]: /);
    for (const hold of [0.5, 'x', [0], [0, 0.5, 1], null])
      expect(() => read(hold)).toThrow(/^objects\[0\]\.hold: /);
  });

  it('refuses options that make no sense', () => {
    expect(() => poi({ strength: Number.NaN })).toThrow('poi.strength: must be a number in 0..10, not NaN');
    expect(() => poi({ until: 1.5 })).toThrow('poi.until: must be a number in 0..1, not 1.5');
  });
});

describe('poi parameters', () => {
  const names = (has: boolean): string[] => {
    const store = parameterStore();
    const sizes = { batch: 1, height: 8, width: 8, objects: 2, tokens: 2 };
    const { context } = networkContext(store.scope, { config, sizes, has: holds(has) });
    const { inputs = {}, hooks = {} } = poi().network!(context);
    const site = {
      scope: store.scope.at('block'),
      height: 4,
      width: 4,
      stage: 'down',
      block: 0,
      hasAttention: true,
      heads: 2,
    } as const;
    const tokens = poiTokens(inputs[poiInputs.boxes]!.shape[0]!);
    expect(hooks.afterSelfAttention!(tokens, site).shape).toEqual(tokens.shape);
    return Object.keys(store.params);
  };

  it("are those of diffusers' GLIGEN where the checkpoint has no injection", () => {
    const expected = [
      'position_net.null_positive_feature',
      'position_net.linears.4.bias',
      'block.fuser.alpha_attn',
      'block.fuser.attn.to_out.0.weight',
      'block.fuser.ff.net.0.proj.weight',
      'block.fuser.norm2.bias',
    ];
    expect(names(false)).toEqual(expect.arrayContaining(expected));
    expect(names(false).filter((name) => name.includes('injection'))).toEqual([]);
  });

  it('are the same at any size of the latents, also where sides are odd or stay 1', () => {
    const namesAt = (height: number, width: number): string[] => {
      const store = parameterStore();
      const three = { ...config, block_out_channels: [8, 8, 8] };
      const sizes = { batch: 1, height, width, objects: 2, tokens: 2 };
      const { context } = networkContext(store.scope, { config: three, sizes, has: () => true });
      const { hooks = {} } = poi().network!(context);
      const sites = [0, 1, 2].flatMap((level) => [
        { stage: 'down', block: level, level } as const,
        { stage: 'up', block: 2 - level, level } as const,
      ]);
      for (const { level, ...place } of [...sites, { stage: 'mid', block: 0, level: 2 } as const]) {
        const [rows, columns] = [height, width].map((side) => Math.ceil(side / 2 ** level)) as [
          number,
          number,
        ];
        const scope = store.scope.at(place.stage, place.block);
        const map = parameterStore().scope.param('map', [1, 8, rows, columns], {
          kind: 'constant',
          value: 0,
        });
        const site = { ...place, scope, height: rows, width: columns, hasAttention: false, heads: 1 };
        expect(hooks.afterResnet!(map, site).shape).toEqual(map.shape);
      }
      return Object.keys(store.params).sort();
    };
    const square = namesAt(8, 8);
    expect(square.filter((name) => name.endsWith('object.weight'))).toEqual([
      'injection.1.object.weight',
      'injection.2.object.weight',
      'injection.4.object.weight',
    ]);
    for (const [height, width] of [
      [8, 12],
      [5, 9],
      [1, 1],
      [2, 1],
      [1, 16],
    ] as const)
      expect(namesAt(height, width), `${height} x ${width}`).toEqual(square);
  });

  it('share one message for each grid, and have one projection for each site', () => {
    expect(
      names(true)
        .filter((name) => name.includes('injection'))
        .sort(),
    ).toEqual([
      'block.injection.out.weight',
      'injection.2.gain.bias',
      'injection.2.gain.weight',
      'injection.2.object.bias',
      'injection.2.object.weight',
      'injection.2.place.weight',
      ...[0, 10, 2, 4, 6, 8].flatMap((at) => [
        `injection.2.refine.${at}.bias`,
        `injection.2.refine.${at}.weight`,
      ]),
    ]);
  });
});

function poiTokens(batch: number) {
  return parameterStore().scope.param('tokens', [batch, 16, 8], { kind: 'constant', value: 0 });
}
