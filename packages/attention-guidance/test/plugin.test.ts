// The plugin by itself: options, phrases, which maps it reads, and how far it moves latents.

import { input, interpret, type Layout, tensor } from '@spatiallock/core';
import { parseUNet2dConditionConfig } from '@spatiallock/core/models';
import { clipTokenizer, phraseTokens } from '@spatiallock/core/pipeline';
import { describe, expect, it } from 'vitest';
import { attentionGuidance, plugin as definition } from '../src/index.js';
import { inputNames, targetTensors } from '../src/inputs.js';
import { type AttentionMap, chosenMaps } from '../src/maps.js';
import { objectTokens } from '../src/phrases.js';

const letters = Array.from({ length: 26 }, (_, i) => String.fromCharCode(97 + i));
const names = ['<|startoftext|>', '<|endoftext|>', ...letters, ...letters.map((letter) => `${letter}</w>`)];
const vocab = Object.fromEntries(names.map((name, id) => [name, id]));
const tokenizer = clipTokenizer({ vocab, merges: [], maxLength: 10 });
const context = {
  tokenizer,
  phraseTokens: (prompt: string, phrase: string) => phraseTokens(tokenizer, prompt, phrase),
};
const layout = (prompt: string, ...phrases: string[]): Layout => ({
  prompt,
  objects: phrases.map((phrase, i) => ({ phrase, box: [i / 10, 0, 0.5 + i / 10, 1] })),
});

describe('options', () => {
  it.each([
    [{ method: 'box' }, 'attentionGuidance.method: must be layout or boxdiff, not "box"'],
    [{ lossScale: -1 }, 'attentionGuidance.lossScale: must be a number in 0..1000000, not -1'],
    [{ maxIter: 0 }, 'attentionGuidance.maxIter: must be a whole number in 1..100'],
    [{ until: 2 }, 'attentionGuidance.until: must be a number in 0..1'],
    [{ P: 0.5 }, 'attentionGuidance.P: counts for the method boxdiff alone'],
    [{ method: 'boxdiff', L: 1.5 }, 'attentionGuidance.L: must be a whole number'],
    [{ attentionRes: 16 }, 'attentionGuidance.attentionRes: must be a list of sides such as [16], not 16'],
    [{ attentionRes: [] }, 'attentionGuidance.attentionRes: must be a list'],
    [{ attentionRes: [0] }, 'attentionGuidance.attentionRes[0]: must be a whole number'],
    [{ onMove: 1 }, 'attentionGuidance.onMove: must be a function'],
    [{ scale: 1 }, 'attentionGuidance: "scale" is not known'],
  ])('%j are refused by name', (given, message) => {
    expect(() => attentionGuidance(given as never)).toThrow(message);
  });

  it('of a call stand over those of the plugin, and those over the defaults of the method', () => {
    const plugin = attentionGuidance({ method: 'boxdiff', lossScale: 8, until: 0.25 });
    const read = (given: unknown) => plugin.guidance!.settings(plugin.parseOptions!(given, 'plugins.it'), []);
    expect(read(undefined)).toMatchObject({ until: 0.25, repeats: 1, stop: 0 });
    expect(read({ maxIter: 3, lossThreshold: 0.1 })).toMatchObject({ until: 0.25, repeats: 3, stop: 0.1 });
    expect(read({ lossScale: 0 }).strength).toBe(0);
    expect(() => read({ P: 'much' })).toThrow('plugins.it.P: must be a number');
    expect(() => read({ method: 'layout' })).toThrow('plugins.it: "method" is not known');
  });

  it("BoxDiff's scale falls to the square root of one half, layout guidance's stays", () => {
    const strengthOf = (plugin: ReturnType<typeof attentionGuidance>) =>
      plugin.guidance!.settings(plugin.parseOptions!(undefined, 'it'), []).strength;
    const falling = strengthOf(attentionGuidance({ method: 'boxdiff', lossScale: 20 }));
    if (typeof falling === 'number') throw new Error('the scale must fall');
    expect([0, 4, 8].map((stepIndex) => falling({ stepIndex, calls: 9 }))).toEqual([
      20,
      20 * Math.sqrt(0.75),
      20 * Math.sqrt(0.5),
    ]);
    expect(falling({ stepIndex: 0, calls: 1 })).toBe(20);
    expect(strengthOf(attentionGuidance())).toBe(30);
  });
});

describe('the module', () => {
  const made = (options: Readonly<Record<string, unknown>>) => async () =>
    definition.create(options, {} as never);

  it('makes the plugin that it names, with the options of a declaration', async () => {
    const plugin = await made({ method: 'boxdiff', until: 0.25 })();
    expect(plugin.name).toBe(definition.name);
    expect(plugin.guidance!.settings(plugin.parseOptions!(undefined, 'it'), [])).toMatchObject({
      until: 0.25,
    });
    await expect(made({ scale: 1 })()).rejects.toThrow('attentionGuidance: "scale" is not known');
  });

  it('offers settings that are options of a call', async () => {
    const plugin = await made({})();
    for (const { option } of definition.settings!) {
      expect(() => plugin.parseOptions!({ [option]: 0.5 }, 'it')).not.toThrow();
      expect(() => plugin.parseOptions!({ [option]: -1 }, 'it')).toThrow(`it.${option}`);
    }
  });
});

describe('phrases', () => {
  it('are found token by token, without their article', () => {
    // a, then d o g, then o n; start token first.
    expect(objectTokens(layout('a dog on', 'a dog'), context)).toEqual([[2, 3, 4]]);
    expect(objectTokens(layout('the dog', 'a dog'), context)).toEqual([[4, 5, 6]]);
    expect(objectTokens(layout('dog', 'The Dog'), context)).toEqual([[1, 2, 3]]);
    expect(objectTokens(layout('a', 'a'), context)).toEqual([[1]]);
  });

  it('are found in further chunks of a long prompt', () => {
    // Eight tokens fit into a chunk; the ninth is the second of ten positions further on.
    expect(objectTokens(layout('abcdefgh cat', 'cat'), context)).toEqual([[11, 12, 13]]);
  });

  it('that stand as often as there are objects of them go one to each, else all share all', () => {
    expect(objectTokens(layout('a cat a cat', 'a cat', 'a cat'), context)).toEqual([
      [2, 3, 4],
      [6, 7, 8],
    ]);
    expect(objectTokens(layout('cat', 'a cat', 'cat'), context)).toEqual([
      [1, 2, 3],
      [1, 2, 3],
    ]);
    expect(objectTokens(layout('cat cat', 'cat'), context)).toEqual([[1, 2, 3, 4, 5, 6]]);
  });

  it('that the prompt does not say are an error that tells how to fix it', () => {
    const check = (given: Layout) => () => attentionGuidance().checkLayout!(given, context);
    expect(check(layout('a dog', 'a dog'))).not.toThrow();
    expect(check(layout('a dog', 'a dog', 'a cat'))).toThrow(
      'objects[1].phrase: the prompt does not say "a cat", and attentionGuidance places an object by what its words ' +
        'in the prompt attend to; write the phrase into the prompt',
    );
    expect(check(layout('two dogs', 'a dog'))).toThrow('objects[0].phrase: the prompt does not say "a dog"');
  });

  it('are fed as shares of tokens, with who shares them and which tokens compete', () => {
    const settings = attentionGuidance().parseOptions!(undefined, 'it');
    const fed = targetTensors([layout('cat on', 'cat', 'on', 'cat'), layout('', ...[])], {
      ...context,
      ...{ tokens: 10, height: 8, width: 8 },
      config: parseUNet2dConditionConfig({}),
      options: settings,
      has: () => false,
      encodePhrases: () => Promise.reject(new Error('not to be asked')),
      encodeTokens: () => Promise.reject(new Error('not to be asked')),
    });
    const row = (name: keyof typeof inputNames, from: number, count: number) =>
      Array.from(fed[inputNames[name]]!.data)
        .slice(from, from + count)
        .map(Number);
    const third = Math.fround(1 / 3);
    expect(row('tokens', 0, 10)).toEqual([0, third, third, third, 0, 0, 0, 0, 0, 0]);
    expect(row('tokens', 10, 10)).toEqual([0, 0, 0, 0, 0.5, 0.5, 0, 0, 0, 0]);
    expect([row('alike', 0, 4), row('alike', 30, 4)]).toEqual([
      [1, 0, 1, 0],
      [0, 1, 0, 0],
    ]);
    expect(row('used', 0, 4)).toEqual([1, 1, 1, 0]);
    expect(row('used', 30, 30).every((used) => used === 0)).toBe(true);
    expect(row('competing', 0, 10).map((value) => value < 0)).toEqual([
      ...[true, ...new Array<boolean>(8).fill(false), true],
    ]);
    expect(row('boxes', 4, 4)).toEqual([0.1, 0, 0.6, 1].map(Math.fround));
  });
});

describe('maps', () => {
  const config = parseUNet2dConditionConfig({ sample_size: 64 });
  const map = (stage: 'down' | 'mid' | 'up', height: number, width = height): AttentionMap => ({
    probs: input(`${stage} ${height}`, [1, 1, height * width, 4]),
    site: { stage, height, width },
  });
  const own = [
    map('down', 64),
    map('down', 32),
    map('down', 16),
    map('mid', 8),
    map('up', 16),
    map('up', 32),
  ];
  const sd = [...own, map('up', 64)];
  const read = (...given: Parameters<typeof chosenMaps>) =>
    chosenMaps(...given).map(({ site }) => `${site.stage} ${site.height}`);
  const size = { config, height: 64 };

  it('are by default those of the public code', () => {
    expect(read(sd, 'layout', undefined, size)).toEqual(['mid 8', 'up 16']);
    expect(read(sd, 'boxdiff', undefined, size)).toEqual(['down 16', 'up 16']);
    expect(read([map('down', 8)], 'layout', undefined, size)).toEqual(['down 8']);
  });

  it('can be named by their side at the size that the model was trained on', () => {
    expect(read(sd, 'layout', [32], size)).toEqual(['down 32', 'up 32']);
    const larger = [map('down', 48, 64), map('mid', 24, 32)];
    expect(read(larger, 'boxdiff', [32], { config, height: 96 })).toEqual(['down 48']);
    expect(() => read(sd, 'boxdiff', [16, 24], size)).toThrow(
      'attentionGuidance.attentionRes: this U-Net has no cross-attention on maps of 24 x 24; it has 8, 16, 32, 64',
    );
    expect(() => read([], 'layout', undefined, size)).toThrow('this U-Net has no cross-attention');
  });
});

describe('the update', () => {
  const shape = [1, 1, 1, 2];
  const state = {
    sample: input('sample', shape),
    gradient: input('gradient', shape),
    alphaCumprod: input('alphaCumprod', [1]),
    strength: input('strength', []),
    inputScale: input('inputScale', []),
  };
  /** For latents z with alphaCumprod 0.36 as a sampler keeps them that scales the network's input. */
  const moved = (method: 'layout' | 'boxdiff', inputScale: number) => {
    const [z, slope] = [
      [0.5, -1],
      [0.25, -0.75],
    ];
    const feeds = {
      sample: tensor(
        z.map((x) => x / inputScale),
        shape,
      ),
      gradient: tensor(
        slope.map((x) => x * inputScale),
        shape,
      ),
      alphaCumprod: tensor([0.36], [1]),
      strength: tensor([2], []),
      inputScale: tensor([inputScale], []),
    };
    const update = attentionGuidance({ method }).guidance!.update!(state);
    return Array.from(interpret({ update }, feeds).update!.data as Float32Array, (x) => x * inputScale);
  };
  const near = (got: readonly number[], wanted: readonly number[]) =>
    got.forEach((x, i) => {
      expect(x).toBeCloseTo(wanted[i]!, 5);
    });

  it('is the same for samplers that scale their latents and for those that do not', () => {
    // z - 2 g, and z - 2 (1 - alphaCumprod) g.
    for (const inputScale of [1, 0.6]) {
      near(moved('boxdiff', inputScale), [0, 0.5]);
      near(moved('layout', inputScale), [0.5 - 2 * 0.64 * 0.25, -1 + 2 * 0.64 * 0.75]);
    }
  });
});
