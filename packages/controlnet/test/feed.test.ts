// What the plugin feeds for each row and call, and what it refuses of layouts and options.

import { type FeedRow, type Layout, parseLayout, type Tensors } from '@spatiallock/core';
import { parseUNet2dConditionConfig } from '@spatiallock/core/models';
import { clipTokenizer } from '@spatiallock/core/pipeline';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type ControlImage,
  type ControlNetOptions,
  controlnet,
  parseControlNetConfig,
} from '../src/index.js';

const config = parseControlNetConfig({
  block_out_channels: [8],
  down_block_types: ['DownBlock2D'],
  norm_num_groups: 4,
  layers_per_block: 2,
  conditioning_embedding_out_channels: [4, 8],
});
const MAPS = 4;
const pluginOf = (options: ControlNetOptions = {}, more: object = {}) =>
  controlnet({ config: { ...config, ...more }, params: {} }, options);

/** A picture of 4 x 6 pixels of one colour, for latents of 2 x 3. */
const picture = (red: number, green = 0, blue = 0): ControlImage => ({
  width: 6,
  height: 4,
  channels: 3,
  data: Uint8Array.from({ length: 72 }, (_, i) => [red, green, blue][i % 3]),
});

const context = {
  config: parseUNet2dConditionConfig({}),
  height: 2,
  tokens: 77,
  width: 3,
  tokenizer: clipTokenizer({ vocab: { '<|startoftext|>': 0, '<|endoftext|>': 1 }, merges: [] }),
  has: () => true,
  encodePhrases: () => Promise.reject(new Error('not to be asked')),
  encodeTokens: () => Promise.reject(new Error('not to be asked')),
  phraseTokens: () => [],
};

const row = (fields: object, conditional = true): FeedRow => ({
  layout: { prompt: '', objects: [], ...fields } as Layout,
  prompt: '',
  conditional,
});

async function fed(
  plugin: ReturnType<typeof controlnet>,
  rows: readonly FeedRow[],
  given?: object,
  { stepIndex = 0, calls = 1 } = {},
) {
  const options = plugin.parseOptions!(given, `plugins.${plugin.name}`);
  const feed = await plugin.feed!(rows, { ...context, options });
  return feed({ stepIndex, calls });
}
const scalesOf = (tensors: Tensors, name = 'control') => {
  const all = Array.from(tensors[`${name}.scales`].data, Number);
  return Array.from({ length: all.length / MAPS }, (_, i) => all.slice(i * MAPS, (i + 1) * MAPS));
};

describe('rows of a batch', () => {
  it('have their own image, in both halves of classifier-free guidance', async () => {
    const control = picture(255, 51);
    const given = await fed(pluginOf(), [row({ control }, false), row({}), row({ control })], { scale: 2 });
    expect(given['control.image'].shape).toEqual([3, 3, 4, 6]);
    const image = Array.from(given['control.image'].data as Float32Array);
    const [red, green, blue] = [0, 24, 48].map((at) => image.slice(144 + at, 144 + at + 24));
    expect(red.every((value) => value === 1)).toBe(true);
    expect(green.every((value) => value === Math.fround(0.2))).toBe(true);
    expect([...blue, ...image.slice(72, 144)].every((value) => value === 0)).toBe(true);
    expect(scalesOf(given)).toEqual([
      [2, 2, 2, 2],
      [0, 0, 0, 0],
      [2, 2, 2, 2],
    ]);
  });

  it('are of the conditional half alone in guess mode, coarse maps with more', async () => {
    const rows = [row({ control: picture(9) }, false), row({ control: picture(9) })];
    const [unconditional, conditional] = scalesOf(await fed(pluginOf({ guessMode: true }), rows));
    expect(unconditional).toEqual([0, 0, 0, 0]);
    for (const [i, scale] of conditional.entries()) expect(scale).toBeCloseTo(10 ** (i / 3 - 1), 6);
  });

  it('are of the conditional half alone, evenly, where the network averages over the picture', async () => {
    const rows = [row({ control: picture(9) }, false), row({ control: picture(9) })];
    const pooled = pluginOf({}, { global_pool_conditions: true });
    for (const guessMode of [false, true]) {
      expect(scalesOf(await fed(pooled, rows, { guessMode }))).toEqual([
        [0, 0, 0, 0],
        [1, 1, 1, 1],
      ]);
    }
  });

  it('have the image of the call where their layout has none', async () => {
    const rows = [row({ control: picture(255) }), row({})];
    const given = await fed(pluginOf(), rows, { image: picture(51) });
    const image = given['control.image'].data as Float32Array;
    expect([image[0], image[72]]).toEqual([1, Math.fround(0.2)]);
  });

  it('have blue first where the network was trained so', async () => {
    const bgr = pluginOf({}, { controlnet_conditioning_channel_order: 'bgr' });
    const given = await fed(bgr, [row({ control: picture(255, 0, 51) })]);
    const image = given['control.image'].data as Float32Array;
    expect([image[0], image[24], image[48]]).toEqual([Math.fround(0.2), 0, 1]);
  });

  it('name pictures by text, each read once', async () => {
    const asked: string[] = [];
    const readImage = async (name: string) => {
      asked.push(name);
      return picture(255);
    };
    const pose = pluginOf({ name: 'pose', readImage });
    const rows = [row({ pose: 'a.png' }, false), row({ pose: 'a.png' }), row({ pose: 'b.png' })];
    const given = await fed(pose, rows);
    expect(asked).toEqual(['a.png', 'b.png']);
    expect(scalesOf(given, 'pose')).toEqual(rows.map(() => [1, 1, 1, 1]));
  });

  it('are steered in the calls that diffusers steers', async () => {
    const plugin = pluginOf({ from: 0.2 });
    const acting = async (given: object, calls: number) => {
      const each = Array.from({ length: calls }, (_, stepIndex) =>
        fed(plugin, [row({ control: picture(1) })], given, { stepIndex, calls }),
      );
      return (await Promise.all(each)).flatMap((tensors, call) =>
        scalesOf(tensors)[0][0] > 0 ? [call] : [],
      );
    };
    expect(await acting({}, 10)).toEqual([2, 3, 4, 5, 6, 7, 8, 9]);
    expect(await acting({ from: 0.25, until: 0.75 }, 10)).toEqual([3, 4, 5, 6]);
    expect(await acting({ from: 0, until: 0.5 }, 4)).toEqual([0, 1]);
  });
});

describe('what is wrong is refused by name', () => {
  const parse = pluginOf().layoutFields!.layout!.control;
  const read = (given: unknown) => parse(given, 'control');

  it.each([
    [{ scale: 11 }, 'controlnet.scale: must be a number in 0..10'],
    [{ scale: Number.NaN }, 'controlnet.scale'],
    [{ guessMode: 1 }, 'controlnet.guessMode: must be true or false'],
    [{ from: -0.1 }, 'controlnet.from'],
    [{ from: 0.5, until: 0.5 }, 'controlnet.until: must be greater than from (0.5), not 0.5'],
    [{ name: 'a b' }, 'controlnet.name: must be a letter'],
    [{ readImage: 'x' }, 'controlnet.readImage: must be a function'],
    [{ strength: 1 }, 'controlnet: "strength" is not known'],
  ])('option %j', (options, message) => {
    expect(() => pluginOf(options as ControlNetOptions)).toThrow(message);
  });

  it('a network that was not awaited', () => {
    const promise = Promise.resolve({ config, params: {} });
    expect(() => controlnet(promise as unknown as { config: typeof config; params: Tensors })).toThrow(
      'controlnet: the network must be what readControlNet resolves to',
    );
  });

  it.each([
    [{ scale: '1' }, 'plugins.control.scale'],
    [{ until: 0 }, 'plugins.control.until: must be greater than from (0), not 0'],
    [{ image: 3 }, 'plugins.control.image: must be an object'],
    [[], 'plugins.control: must be an object'],
  ])('option of a call %j', (options, message) => {
    expect(() => pluginOf().parseOptions!(options, 'plugins.control')).toThrow(message);
  });

  it.each([
    [null, 'control: must be an object'],
    ['a.png', 'control: is text, and this ControlNet has no readImage'],
    [{ ...picture(1), width: 0 }, 'control.width: must be a whole number in 1..8192'],
    [{ ...picture(1), height: 2.5 }, 'control.height'],
    [
      { ...picture(1), channels: 4 },
      "control.channels: must be 3, as the network's conditioning_channels, not 4",
    ],
    [{ ...picture(1), data: [1] }, 'control.data: must be a Uint8Array'],
    [{ ...picture(1), height: 5 }, 'control.data: has 72 numbers, but 6 x 5 pixels of 3 channels need 90'],
    [{ ...picture(1), depth: 8 }, 'control: "depth" is not known'],
  ])('image %#', (given, message) => {
    expect(() => read(given)).toThrow(message);
  });

  it('an image, whatever it is, as an error of the field or as what it gives again', () => {
    const numbers = fc.oneof(fc.integer({ min: -2, max: 9 }), fc.double(), fc.constantFrom('6', null));
    const image = fc.record(
      {
        width: numbers,
        height: numbers,
        channels: fc.oneof(fc.constant(3), numbers),
        data: fc.oneof(fc.uint8Array({ maxLength: 99 }), fc.array(fc.integer())),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fc.oneof(image, fc.anything()), (given) => {
        let first: unknown;
        try {
          first = read(given);
        } catch (error) {
          expect((error as Error).message).toMatch(/^control[.:]/);
          return;
        }
        expect(read(first)).toEqual(first);
      }),
      { numRuns: 300 },
    );
  });

  it('an image of another size than the picture', async () => {
    const control = { ...picture(1), width: 4, height: 6 };
    await expect(fed(pluginOf(), [row({ control })])).rejects.toThrow(
      'control: is 4 x 6 pixels, but must be 6 x 4; resize it first',
    );
    await expect(fed(pluginOf(), [row({})], { image: control })).rejects.toThrow(
      'plugins.control.image: is 4',
    );
  });

  it('a picture that cannot be read', async () => {
    const broken = pluginOf({ readImage: () => Promise.reject(new Error('no such file')) });
    await expect(fed(broken, [row({ control: 'a.png' })])).rejects.toThrow(
      'control: "a.png" cannot be used: no such file',
    );
    const gray = pluginOf({ readImage: () => ({ ...picture(1), channels: 1 }) });
    await expect(fed(gray, [row({ control: 'a.png' })])).rejects.toThrow('image.channels: must be 3');
    expect(() => gray.layoutFields!.layout!.control('', 'control')).toThrow('control: is empty');
  });

  it('options of a call without any image, unless they switch it off', async () => {
    await expect(fed(pluginOf(), [row({})], { scale: 1 })).rejects.toThrow(
      "control: no layout has a control image; give one as the layout's control or as plugins.control.image",
    );
    expect(scalesOf(await fed(pluginOf(), [row({})], { scale: 0 }))).toEqual([[0, 0, 0, 0]]);
    expect(scalesOf(await fed(pluginOf(), [row({})]))).toEqual([[0, 0, 0, 0]]);
  });

  it('a field of a layout that no ControlNet is named by', () => {
    const fields = [pluginOf({ name: 'pose' }).layoutFields!];
    const layout = { prompt: '', objects: [], control: picture(1) };
    expect(() => parseLayout(layout, [], fields)).toThrow('"control" is not known');
  });
});
