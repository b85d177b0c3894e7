// Weights in prompts and the text encoder's layers, on the fixtures' small networks.

import {
  fromPretrained,
  type Layout,
  PLUGIN_VERSION,
  type Plugin,
  type StreamOptions,
} from '@spatiallock/core';
import { encodeTexts, graphCache, loadModel, type PromptWeighting } from '@spatiallock/core/pipeline';
import { fixtureModel } from '@spatiallock/testing';
import { afterAll, describe, expect, it } from 'vitest';
import { backend, worst } from './support.js';

const model = await loadModel(fixtureModel(), []);
const { tokenizer, textEncoder } = model;
const { config, params } = textEncoder;
const graphs = graphCache({ component: 'text_encoder', backend, params });
const text = { config, tokenizer, graphs, plugins: [] };
const pipe = await fromPretrained(fixtureModel(), { backend });

afterAll(() => backend.dispose());

const quick: StreamOptions = { steps: 2, scheduler: 'ddim', guidanceScale: 3, decode: false };
const latentsOf = async (prompt: string, options: StreamOptions = {}, negativePrompt?: string) => {
  const layout: Layout = { prompt, ...(negativePrompt === undefined ? {} : { negativePrompt }), objects: [] };
  return (await pipe.generate(layout, { ...quick, ...options })).latents.data;
};

describe('promptWeighting', () => {
  const weightings: readonly PromptWeighting[] = ['a1111', 'comfyui'];

  it.each(weightings)(
    '%s: weights of 1 change nothing, others do, in both prompts',
    async (promptWeighting) => {
      const plain = await latentsOf('a dog');
      expect(await latentsOf('a (dog:1)', { promptWeighting })).toEqual(plain);
      const heavy = await latentsOf('a (dog:1.5)', { promptWeighting });
      expect(heavy).not.toEqual(plain);
      expect(await latentsOf('a dog', { promptWeighting }, '(rain)')).not.toEqual(
        await latentsOf('a dog', {}, 'rain'),
      );
      expect(await latentsOf('a (dog:1.5)')).not.toEqual(heavy);
    },
  );

  it('reads the same signs otherwise as each program does', async () => {
    const [first, second] = await Promise.all(
      weightings.map((promptWeighting) => latentsOf('a (dog:1.5)', { promptWeighting })),
    );
    expect(worst(first, second)).toBeGreaterThan(1e-4);
  });

  it.each(weightings)('%s: weights stand where their tokens do, in any chunk', async (weighting) => {
    const room = tokenizer.maxLength - 2;
    const ids = tokenizer.encode('ab'.repeat(40));
    expect(ids.length).toBeGreaterThan(room);
    const at = room + 1;
    const weights = ids.map((_, i) => (i === at ? 3 : 1));
    const encode = async (rows: Parameters<typeof encodeTexts>[1]) =>
      (await encodeTexts(text, rows, { chunks: 2, weighting })).hidden;
    const plain = (await encode([{ ids }])).data as Float32Array;
    const weighted = (await encode([{ ids, weights }])).data as Float32Array;
    const empty = (await encode([{ ids: [] }])).data as Float32Array;
    const width = config.hidden_size;
    const place = tokenizer.maxLength + 1 + (at - room);
    const half = tokenizer.maxLength * width;
    expect(weighted.subarray(0, half)).toEqual(plain.subarray(0, half));
    // What a token became, for each number of its vector, against that of the token before it, which counts once.
    const changes = (token: number) =>
      Array.from({ length: width }, (_, i) => {
        const n = token * width + i;
        return weighting === 'a1111'
          ? weighted[n]! / plain[n]!
          : (weighted[n]! - empty[n]!) / (plain[n]! - empty[n]!);
      });
    const [own, before] = [changes(place), changes(place - 1)];
    for (const [i, change] of own.entries()) expect(change / before[i]!).toBeCloseTo(3, 2);
    if (weighting === 'comfyui')
      expect(weighted.subarray(half, half + width)).toEqual(plain.subarray(half, half + width));
  });

  it('leaves words and places of phrases to be found', async () => {
    const small = await fromPretrained(fixtureModel({ 'tokenizer/words.json': ['a', 'dog'] }), { backend });
    const weighted = { prompt: 'a (dog:1.3)', objects: [] };
    expect(() => small.check(weighted)).toThrow('prompt: the model never learnt "1"');
    expect(small.check(weighted, { promptWeighting: 'a1111' })).toHaveLength(1);
    await small.dispose();
    const found: (readonly number[])[] = [];
    const looking: Plugin = {
      name: 'looking',
      pluginVersion: PLUGIN_VERSION,
      feed: (rows, context) => {
        found.push(context.phraseTokens(rows.at(-1)!.prompt, 'dog'));
        return () => ({});
      },
    };
    const curious = await fromPretrained(fixtureModel(), { backend, plugins: [looking] });
    await curious.generate(weighted, { ...quick, promptWeighting: 'comfyui' });
    await curious.generate({ prompt: 'a dog', objects: [] }, quick);
    expect(found[0]).toEqual(found[1]);
    expect(found[0]).toHaveLength(3);
    await curious.dispose();
  });

  it('refuses weights beyond reason, and other programs', () => {
    const stream = (prompt: string, promptWeighting: unknown) =>
      pipe.stream({ prompt, objects: [] }, { promptWeighting } as StreamOptions);
    expect(() => stream('a (dog:1000)', 'a1111')).toThrow(
      'prompt: "dog" has a weight of 1000; at most 100 counts',
    );
    expect(() => stream(`${'('.repeat(101)}a`, 'a1111')).toThrow(
      'prompt: more than 100 brackets stand in each other',
    );
    expect(() => stream('a', 'midjourney')).toThrow(
      'promptWeighting: must be false or one of a1111, comfyui, not "midjourney"',
    );
  });
});

describe('clipSkip', () => {
  it('takes the layers before the last, and the last norm', async () => {
    const rows = [{ ids: tokenizer.encode('a dog') }];
    const skipped = await encodeTexts(text, rows, { clipSkip: 2 });
    const shorter = { ...config, num_hidden_layers: config.num_hidden_layers - 1 };
    const cache = graphCache({ component: 'text_encoder', backend, params });
    const short = await encodeTexts({ ...text, config: shorter, graphs: cache }, rows);
    expect(worst(skipped.hidden.data, short.hidden.data)).toBeLessThan(1e-5);
    const whole = await encodeTexts(text, rows);
    expect(worst(skipped.hidden.data, whole.hidden.data)).toBeGreaterThan(0.01);
    expect(worst(skipped.pooled.data, whole.pooled.data)).toBeLessThan(1e-5);
  });

  it('changes pictures, and has as many values as there are layers', async () => {
    expect(await latentsOf('a dog', { clipSkip: 1 })).toEqual(await latentsOf('a dog'));
    expect(await latentsOf('a dog', { clipSkip: 2 })).not.toEqual(await latentsOf('a dog'));
    for (const clipSkip of [0, 1.5, config.num_hidden_layers + 1]) {
      expect(() => pipe.stream({ prompt: 'a', objects: [] }, { clipSkip })).toThrow(
        `clipSkip: must be a whole number in 1..${config.num_hidden_layers}, not ${clipSkip}`,
      );
    }
  });
});
