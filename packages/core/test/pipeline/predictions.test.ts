// Batches of the U-Net and of the text encoder, with networks that tell what they were given.

import { describe, expect, it } from 'vitest';
import { parseClipTextConfig, parseUNet2dConditionConfig } from '../../src/entries/models.js';
import {
  clipTokenizer,
  encodeTexts,
  guidedPrediction,
  inpaintingInputs,
  type TextComponent,
} from '../../src/entries/pipeline.js';
import type { Executable, Tensors } from '../../src/index.js';
import { tensor } from '../../src/index.js';
import { guidanceEmbedding } from '../../src/models/blocks/timestep.js';
import { checkLayouts } from '../../src/pipeline/checkLayouts.js';
import { unusedNegatives, unusedRescale } from '../../src/pipeline/guidanceUse.js';
import { guidanceInputs } from '../../src/pipeline/unet.js';
import type { SamplingPlan } from '../../src/schedulers/plan.js';

const progress = { stepIndex: 1, calls: 4 };

/** A U-Net whose output is its sample times (row + 1), and what it was fed. */
function network() {
  const fed: Tensors[] = [];
  const executable = {
    async run(inputs: Tensors) {
      fed.push(inputs);
      const { data, shape } = inputs.sample!;
      const size = data.length / shape[0]!;
      return {
        output: tensor(
          (data as Float32Array).map((x, i) => x * (Math.floor(i / size) + 1)),
          shape,
        ),
      };
    },
  } as unknown as Executable;
  return { executable, fed };
}

const sample = Float32Array.of(1, 2, 3, 4);
const predictionOf = (rows: number, more: Partial<Parameters<typeof guidedPrediction>[0]> = {}) => {
  const { executable, fed } = network();
  const predict = guidedPrediction({
    executable,
    shape: [2, 1, 1, 2],
    text: tensor(new Float32Array(rows), [rows, 1, 1]),
    pluginInputs: ({ stepIndex }) => ({ plugin: tensor([stepIndex], [1]) }),
    guidanceScale: 3,
    ...more,
  });
  return { predict: () => predict(sample, 7, progress), fed };
};

describe('guided predictions', () => {
  it('come from one batch, unconditional rows first', async () => {
    const { predict, fed } = predictionOf(4);
    // Rows 1, 2 are unconditional and 3, 4 conditional: u + 3 (c - u) = x (1 + 3 * 2), and x (2 + 3 * 2).
    expect([...(await predict())]).toEqual([7, 14, 24, 32]);
    const [{ sample: given, timestep, plugin }] = fed as [Tensors];
    expect([given!.shape, [...given!.data]]).toEqual([
      [4, 1, 1, 2],
      [1, 2, 3, 4, 1, 2, 3, 4],
    ]);
    expect([...timestep!.data]).toEqual([7, 7, 7, 7]);
    expect([...plugin!.data]).toEqual([1]);
  });

  it('of a scale up to 1 are the conditional ones, also where the scale changes by call', async () => {
    expect([...(await predictionOf(4, { guidanceScale: 1 }).predict())]).toEqual([3, 6, 12, 16]);
    const scaleAt = ({ stepIndex }: { stepIndex: number }) => (stepIndex === 1 ? 0.5 : 9);
    expect([...(await predictionOf(4, { guidanceScale: scaleAt }).predict())]).toEqual([3, 6, 12, 16]);
    const high = ({ stepIndex }: { stepIndex: number }) => (stepIndex === 1 ? 3 : 0);
    expect([...(await predictionOf(4, { guidanceScale: high }).predict())]).toEqual([7, 14, 24, 32]);
  });

  it('without unconditional rows are those of the network', async () => {
    const { predict, fed } = predictionOf(2);
    expect([...(await predict())]).toEqual([1, 2, 6, 8]);
    expect(fed[0]!.sample!.shape).toEqual([2, 1, 1, 2]);
  });

  it('get the contrast of the conditional ones by the share asked for', async () => {
    // Deviations: 3.5 guided and 1.5 conditional in the first picture, 4 and 2 in the second.
    const [a, b] = [1.5 / 3.5, 2 / 4];
    const whole = await predictionOf(4, { guidanceRescale: 1 }).predict();
    [7 * a, 14 * a, 24 * b, 32 * b].forEach((value, i) => {
      expect(whole[i]).toBeCloseTo(value, 5);
    });
    const half = await predictionOf(4, { guidanceRescale: 0.5 }).predict();
    expect(half[1]).toBeCloseTo(14 * (0.5 * a + 0.5), 5);
  });
});

describe('other inputs of the U-Net', () => {
  it('masks and kept latents stand beside both halves of a batch', () => {
    const condition = tensor([1, 2, 3, 4], [2, 1, 1, 2]);
    expect(inpaintingInputs(undefined, 4)).toEqual({});
    expect([...inpaintingInputs(condition, 2).inpainting!.data]).toEqual([1, 2, 3, 4]);
    const both = inpaintingInputs(condition, 4).inpainting!;
    expect([both.shape, [...both.data]]).toEqual([
      [4, 1, 1, 2],
      [1, 2, 3, 4, 1, 2, 3, 4],
    ]);
  });

  it('distilled networks get the scale, 1 at least', () => {
    const config = parseUNet2dConditionConfig({ time_cond_proj_dim: 8 });
    const scales = guidanceInputs(config, 3, ({ stepIndex }) => (stepIndex === 0 ? 0.2 : 6));
    expect(scales({ stepIndex: 0, calls: 2 })).toEqual({
      guidanceEmbedding: guidanceEmbedding([1, 1, 1], 8),
    });
    expect(scales({ stepIndex: 1, calls: 2 })).toEqual({
      guidanceEmbedding: guidanceEmbedding([6, 6, 6], 8),
    });
    expect(guidanceInputs(parseUNet2dConditionConfig({}), 3, () => 6)(progress)).toEqual({});
  });
});

describe('what is given for the unconditional half', () => {
  const plan = { steps: [{}, {}] } as unknown as SamplingPlan;
  const ordinary = parseUNet2dConditionConfig({});
  const distilled = parseUNet2dConditionConfig({ time_cond_proj_dim: 8 });
  const fields = [{ lists: ['spare', 'unwanted'], negative: ['unwanted'] }];
  const things = [{ phrase: 'a cat', box: [0, 0, 1, 1] as const }];
  const layout = { prompt: 'a', negativePrompt: 'b', objects: things, spare: things, unwanted: things };
  const namesOf = (warnings: readonly string[]) => warnings.map((warning) => warning.split(':')[0]);

  it('has a warning where guidance is off in all calls, or distilled', () => {
    const off = { plan, guidanceScale: 1 };
    const warnings = unusedNegatives(layout, fields, ordinary, off);
    expect(namesOf(warnings)).toEqual(['negativePrompt', 'unwanted']);
    expect(warnings[0]).toContain('give a guidanceScale above 1');
    const on = { plan, guidanceScale: 7 };
    expect(namesOf(unusedNegatives(layout, fields, distilled, on))).toEqual(['negativePrompt', 'unwanted']);
    expect(unusedNegatives(layout, fields, distilled, on)[0]).toContain('distilled');
    expect([unusedRescale(0.7, ordinary, off), unusedRescale(0.7, distilled, on)].map(namesOf)).toEqual([
      ['guidanceRescale'],
      ['guidanceRescale'],
    ]);
  });

  it('has none where a call is guided, or nothing is given', () => {
    const half = { plan, guidanceScale: 7, guidanceInterval: { stop: 0.5, scaleAfter: 1 } };
    expect(unusedNegatives(layout, fields, ordinary, half)).toEqual([]);
    expect(unusedRescale(0.7, ordinary, half)).toEqual([]);
    const bare = { prompt: 'a', negativePrompt: ' ', objects: things, unwanted: [] };
    expect(unusedNegatives(bare, fields, distilled, half)).toEqual([]);
    expect(unusedRescale(0, distilled, half)).toEqual([]);
    expect(unusedRescale(undefined, distilled, half)).toEqual([]);
  });
});

const letters = Array.from('abcdefghij', (letter) => `${letter}</w>`);
const tokenizer = clipTokenizer({
  vocab: {
    ...Object.fromEntries(letters.map((token, id) => [token, id])),
    '<|startoftext|>': 20,
    '<|endoftext|>': 21,
  },
  merges: [],
  maxLength: 4,
});

/** A text encoder whose vectors are [id, 1], the pooled one that of the second token. */
function textEncoder() {
  const keys: string[] = [];
  const batches: number[][][] = [];
  let broken = false;
  const config = parseClipTextConfig({ hidden_size: 2, num_attention_heads: 1, num_hidden_layers: 3 });
  const executable = {
    async run({ ids, extra }: Tensors) {
      const all = Array.from(ids!.data, Number);
      const rows = [0, 1, 2, 3].map((row) => all.slice(4 * row, 4 * row + 4));
      batches.push(rows);
      const shift = broken ? Number.NaN : Number(extra?.data[0] ?? 0);
      return {
        hidden: tensor(
          all.flatMap((id) => [id + shift, 1]),
          [4, 4, 2],
        ),
        pooled: tensor(
          rows.flatMap((row) => [row[1]!, row[2]!]),
          [4, 2],
        ),
      };
    },
  } as unknown as Executable;
  const component = {
    config,
    tokenizer,
    plugins: [],
    recent: new Map(),
    graphs: {
      use: async (key: string, _: unknown, task: (executable: Executable) => unknown) => {
        keys.push(key);
        return task(executable);
      },
    },
  } as unknown as TextComponent;
  const break_ = (now: boolean): void => {
    broken = now;
  };
  return { component, keys, batches, break_ };
}

const row = (text: string, weights?: readonly number[]) => ({
  ids: tokenizer.encode(text),
  ...(weights ? { weights } : {}),
});
const idsOf = (vectors: ArrayLike<number>) => Array.from(vectors).filter((_, i) => i % 2 === 0);

describe('encoded texts', () => {
  it('are cut and padded, each different one is encoded once, four at a time', async () => {
    const { component, keys, batches } = textEncoder();
    const texts = ['a', 'b c d', '', 'a', 'e', 'f'].map((text) => row(text));
    const { hidden, pooled } = await encodeTexts(component, texts);
    expect([hidden.shape, pooled.shape]).toEqual([
      [6, 4, 2],
      [6, 2],
    ]);
    expect(idsOf(hidden.data as Float32Array)).toEqual([
      ...[20, 0, 21, 21],
      ...[20, 1, 2, 21],
      ...[20, 21, 21, 21],
      ...[20, 0, 21, 21],
      ...[20, 4, 21, 21],
      ...[20, 5, 21, 21],
    ]);
    expect([...pooled.data]).toEqual([0, 21, 1, 2, 21, 21, 0, 21, 4, 21, 5, 21]);
    expect(batches.map((rows) => rows.map(([, second]) => second))).toEqual([
      [0, 1, 21, 4],
      [5, 21, 21, 21],
    ]);
    expect(keys).toEqual(['batch 4']);
  });

  it('in chunks have a start and an end in each; the pooled vector is of the first', async () => {
    const { component } = textEncoder();
    const { hidden, pooled } = await encodeTexts(component, [row('a b c'), row('d')], { chunks: 2 });
    expect(hidden.shape).toEqual([2, 8, 2]);
    expect(idsOf(hidden.data as Float32Array)).toEqual([
      ...[20, 0, 1, 21, 20, 2, 21, 21],
      ...[20, 3, 21, 21, 20, 21, 21, 21],
    ]);
    expect([...pooled.data]).toEqual([0, 1, 3, 21]);
  });

  it('are fed by plugins, and layers from the end are other graphs', async () => {
    const { component, keys } = textEncoder();
    const { hidden } = await encodeTexts(component, [row('a')], {
      fed: { extra: tensor([100], []) },
      clipSkip: 2,
    });
    expect(idsOf(hidden.data as Float32Array)).toEqual([120, 100, 121, 121]);
    expect(keys).toEqual(['batch 4, clip skip 2']);
  });

  it('are encoded once as long as they are among the last, for each clip skip, and not where plugins feed', async () => {
    const { component, batches } = textEncoder();
    const first = await encodeTexts(component, [row('a'), row('b')]);
    expect(await encodeTexts(component, [row('a'), row('b')])).toEqual(first);
    expect(batches).toHaveLength(1);
    (first.hidden.data as Float32Array).fill(0);
    const { hidden } = await encodeTexts(component, [row('b'), row('c')]);
    expect(idsOf(hidden.data as Float32Array)).toEqual([20, 1, 21, 21, 20, 2, 21, 21]);
    expect(batches).toHaveLength(2);
    expect(batches[1]!.map(([, second]) => second)).toEqual([2, 21, 21, 21]);
    await encodeTexts(component, [row('a')], { clipSkip: 2 });
    expect(batches).toHaveLength(3);
    const fed = { extra: tensor([100], []) };
    for (let i = 0; i < 2; i++) await encodeTexts(component, [row('a')], { fed });
    expect(batches).toHaveLength(5);
    const letters = [...'abcdefgh'];
    const others = letters.flatMap((one) => letters.slice(0, 5).map((two) => row(`${one} ${two}`)));
    await encodeTexts(component, others);
    const before = batches.length;
    await encodeTexts(component, others.slice(-32));
    expect(batches).toHaveLength(before);
    await encodeTexts(component, [row('a')]);
    expect(batches).toHaveLength(before + 1);
  });

  it('are encoded again after numbers that are none, as a device gives that is being lost', async () => {
    const { component, batches, break_ } = textEncoder();
    break_(true);
    expect((await encodeTexts(component, [row('a')])).hidden.data[0]).toBeNaN();
    break_(false);
    const { hidden } = await encodeTexts(component, [row('a')]);
    expect(idsOf(hidden.data as Float32Array)).toEqual([20, 0, 21, 21]);
    expect(batches).toHaveLength(2);
  });

  it('have weights at their tokens, start, end and padding none', async () => {
    const { component } = textEncoder();
    const weighted = [row('f e', [3, 1])];
    const plain = idsOf((await encodeTexts(component, weighted)).hidden.data as Float32Array);
    expect(plain).toEqual([20, 5, 4, 21]);
    // comfyui: from the vector of an empty text, which is 21 at this place, three times as far.
    const comfy = await encodeTexts(component, weighted, { weighting: 'comfyui' });
    expect(idsOf(comfy.hidden.data as Float32Array)).toEqual([20, 21 + 3 * (5 - 21), 4, 21]);
    // a1111: all vectors are multiplied, so that their mean of 54 / 8 stays; both numbers of a vector have its weight.
    const a1111 = idsOf(
      (await encodeTexts(component, weighted, { weighting: 'a1111' })).hidden.data as Float32Array,
    );
    const kept = 54 / (54 + 2 * 5 + 2 * 1);
    [20, 15, 4, 21].forEach((value, i) => {
      expect(a1111[i]).toBeCloseTo(value * kept, 4);
    });
  });

  it('of other chunks keep their own weights', async () => {
    const { component } = textEncoder();
    const weighted = [row('a b c d', [1, 1, 1, 2])];
    const { hidden } = await encodeTexts(component, weighted, { chunks: 2, weighting: 'comfyui' });
    expect(idsOf(hidden.data as Float32Array)).toEqual([20, 0, 1, 21, 20, 2, 21 + 2 * (3 - 21), 21]);
  });
});

describe('layouts that are checked', () => {
  const checks = {
    tokenizer,
    grounded: true,
    fields: [],
    plugins: [],
    sizes: { own: { width: 8, height: 8 }, step: 8 },
  };
  const long = { prompt: 'a', objects: [{ phrase: 'a b c', box: [0, 0, 1, 1] }] };
  const warnings = (given: unknown) => checkLayouts(given, checks).flatMap((each) => each.warnings);

  it('name the layout in warnings where there are several', () => {
    const warning = 'objects[0].phrase: "a b c" has 3 tokens, of which the first 2 are read; shorten it';
    expect(warnings(long)).toEqual([warning]);
    expect(warnings([long])).toEqual([warning]);
    expect(warnings([{ prompt: '', objects: [] }, long])).toEqual([`layouts[1]: ${warning}`]);
    expect(warnings({ ...long, objects: [{ phrase: 'a b', box: [0, 0, 1, 1] }] })).toEqual([]);
  });

  it('may have prompts of eight chunks', () => {
    const prompt = (tokens: number) => Array(tokens).fill('a').join(' ');
    expect(warnings({ prompt: prompt(16), negativePrompt: prompt(16), objects: [] })).toEqual([]);
    expect(() => warnings({ prompt: prompt(17), objects: [] })).toThrow(
      'prompt: has 17 tokens; at most 16 are read; shorten it',
    );
    expect(() => warnings({ prompt: '', negativePrompt: prompt(17), objects: [] })).toThrow(
      'negativePrompt: has 17',
    );
  });

  it('know their words, without weights and signs', () => {
    const known = { ...checks, words: ['a', 'b'] };
    expect(() => checkLayouts({ prompt: 'a (b:1.2)', objects: [] }, known, 'a1111')).not.toThrow();
    expect(() => checkLayouts({ prompt: 'a (c:1.2)', objects: [] }, known, 'a1111')).toThrow(
      'prompt: the model never learnt "c"',
    );
    expect(() => checkLayouts({ prompt: 'a', negativePrompt: '(c)', objects: [] }, known, 'a1111')).toThrow(
      'negativePrompt: ',
    );
  });

  it('are painted by the words that are known, with their hyphens', () => {
    const known = { ...checks, words: ['a', 'b-c'] };
    const objects = [{ phrase: 'a B C', box: [0, 0, 1, 1] as const }];
    const [checked] = checkLayouts({ prompt: 'a b c', objects }, known);
    expect(checked?.layout).toEqual({ prompt: 'a b-c', objects: [{ ...objects[0], phrase: 'a B-C' }] });
  });

  it('may hold objects where a plugin holds them to their boxes alone', () => {
    expect(() => checkLayouts(long, { ...checks, grounded: false })).toThrow(
      'objects: no plugin of this pipeline',
    );
    expect(() => checkLayouts({ ...long, objects: [] }, { ...checks, grounded: false })).not.toThrow();
    expect(() => checkLayouts([], checks)).toThrow('layouts: is empty; give at least one layout');
  });
});
