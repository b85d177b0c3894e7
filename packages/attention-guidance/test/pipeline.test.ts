// In a pipeline of small networks with random weights and no grounding: losses fall, and attention gathers in the boxes.

import { cpu } from '@spatiallock/backend-onnx';
import {
  concat,
  constant,
  divide,
  type FileSource,
  fromPretrained,
  type GuidanceEvent,
  type Layout,
  mean,
  multiply,
  PLUGIN_VERSION,
  type Plugin,
  sliceAxis,
  sum,
  type Tensor,
  tensor,
  type Value,
} from '@spatiallock/core';
import { writeSafetensors } from '@spatiallock/core/io';
import { parseUNet2dConditionConfig } from '@spatiallock/core/models';
import { initialise } from '@spatiallock/core/nn';
import { unetGraph } from '@spatiallock/core/pipeline';
import { poi } from '@spatiallock/poi';
import { fixtureModel } from '@spatiallock/testing';
import { afterAll, describe, expect, it } from 'vitest';
import { attentionGuidance, type Method } from '../src/index.js';

const backend = cpu({ threads: 1 });
afterAll(() => backend.dispose());

/** A plain Stable Diffusion folder: no grounding layer is in it. Attention on 8 x 8 and, in the middle, 4 x 4 cells. */
function plainModel(): FileSource {
  const config = {
    _class_name: 'UNet2DConditionModel',
    sample_size: 8,
    block_out_channels: [8, 16],
    down_block_types: ['CrossAttnDownBlock2D', 'DownBlock2D'],
    up_block_types: ['UpBlock2D', 'CrossAttnUpBlock2D'],
    norm_num_groups: 4,
    attention_head_dim: 2,
    cross_attention_dim: 32,
    layers_per_block: 1,
  };
  const sizes = { batch: 1, height: 8, width: 8, tokens: 16, objects: 2 };
  const { params } = unetGraph(parseUNet2dConditionConfig(config), [], sizes, () => true);
  // Random attention is nearly even: sharper, it has something to gather.
  const sharp = ([name, { data, shape }]: [string, Tensor]) => {
    const factor = /attn2\.to_[qk]\.weight$/.test(name) ? 4 : 1;
    return [
      name,
      tensor(
        (data as Float32Array).map((x) => factor * x),
        shape,
      ),
    ] as const;
  };
  const weights = writeSafetensors(Object.fromEntries(Object.entries(initialise(params, 4)).map(sharp)));
  return fixtureModel(
    { 'unet/config.json': config },
    { 'unet/diffusion_pytorch_model.safetensors': weights },
  );
}

const layout: Layout = {
  prompt: 'a dog and a cat',
  objects: [
    { phrase: 'a dog', box: [0, 0, 0.5, 1] },
    { phrase: 'a cat', box: [0.5, 0, 1, 1] },
  ],
};
const quick = { steps: 6, scheduler: 'ddim', guidanceScale: 1, decode: false } as const;

/** Tells before each call, after the plugins before it, what share of the attention to a word lies in its half. */
function halves(onShare: (share: number) => void): Plugin {
  return {
    name: 'halves',
    pluginVersion: PLUGIN_VERSION,
    network() {
      const maps: Value[] = [];
      // Tokens are letters behind the start token: dog is 2 to 4, cat 9 to 11.
      const share = (from: number, left: boolean): Value => {
        const paid = sliceAxis(maps[0]!, 3, from, from + 3);
        const cells = Float32Array.from({ length: 64 }, (_, i) => Number(i % 8 < 4 === left));
        const inside = multiply(paid, constant(tensor(cells, [1, 1, 64, 1])));
        return mean(divide(sum(inside, [2]), sum(paid, [2])), [1, 2]);
      };
      return {
        hooks: {
          attentionProbs: (probs, site) => {
            if (site.attention === 'cross' && site.stage === 'up') maps.push(probs);
          },
        },
        guidance: { loss: () => mean(concat([share(2, true), share(9, false)], 0)) },
      };
    },
    guidance: {
      settings: () => ({ until: 1, strength: 1, repeats: 1, stop: 1 }),
      onMove: ({ losses }) => onShare(losses[0]!),
    },
  };
}

describe.each<[Method, Readonly<Record<string, number>>]>([
  ['layout', { lossScale: 10_000 }],
  ['boxdiff', { lossScale: 30, P: 0.5 }],
])('%s', (method, scale) => {
  it('lowers its loss and gathers attention in the boxes, by options of a call, compiling once', async () => {
    const events: GuidanceEvent[] = [];
    const shares: number[] = [];
    const compiled: string[] = [];
    const guide = attentionGuidance({
      method,
      lossThreshold: 0,
      onMove: (event) => events.push({ ...event, losses: event.losses.slice() }),
    });
    const pipe = await fromPretrained(plainModel(), {
      backend,
      plugins: [guide, halves((share) => shares.push(share))],
      onProgress: (progress) => {
        if (progress.type === 'compile') compiled.push(progress.component);
      },
    });
    const run = async (options: Readonly<Record<string, number>>) => {
      events.length = 0;
      shares.length = 0;
      const { latents } = await pipe.generate(layout, { ...quick, plugins: { attentionGuidance: options } });
      const losses = events.map(({ losses: each }) => each[0]!);
      return { latents: Array.from(latents.data), losses, shares: [...shares] };
    };
    const guided = await run({ ...scale, maxIter: 4, until: 0.5 });
    const count = compiled.length;
    expect(guided.losses).toHaveLength(12);
    expect(guided.losses[3]).toBeLessThan(guided.losses[0]!);
    // So small a step only watches what the same calls find where nothing is moved.
    const watched = await run({ ...scale, lossScale: 1e-9, maxIter: 1, until: 0.5 });
    expect(watched.losses).toHaveLength(3);
    expect(guided.losses.at(-1)).toBeLessThan(watched.losses.at(-1)!);
    // BoxDiff looks at its most read cells and at edges, layout guidance at this very share.
    const gained = guided.shares.map((share, call) => share - watched.shares[call]!);
    if (method === 'layout') expect(Math.min(...gained.slice(0, 3))).toBeGreaterThan(0.015);
    const off = await run({ lossScale: 0 });
    expect(off.losses).toEqual([]);
    expect(off.latents).not.toEqual(guided.latents);
    expect(compiled.length).toBe(count);
    await pipe.dispose();
  }, 300_000);
});

describe('a plain checkpoint', () => {
  it('is refused by poi(), with what helps', async () => {
    await expect(fromPretrained(plainModel(), { backend, plugins: [poi()] })).rejects.toThrow(
      /^plugin poi: this checkpoint has no grounding weights .*attentionGuidance\(\) of @spatiallock\/attention-guidance/,
    );
  });

  it('paints a batch of layouts, in prompts of any length; a phrase that is not said is an error at once', async () => {
    const pipe = await fromPretrained(plainModel(), { backend, plugins: [attentionGuidance()] });
    const long: Layout = {
      prompt: `${'a wide and green field of grass '.repeat(4)}with a dog`,
      negativePrompt: 'blur',
      objects: [{ phrase: 'a dog', box: [0.2, 0.2, 0.8, 0.8] }],
    };
    const both = await pipe.generate([long, { prompt: 'grass', objects: [] }], {
      ...quick,
      guidanceScale: 3,
      steps: 2,
    });
    expect(both.latents.data.every(Number.isFinite)).toBe(true);
    const strange = { ...layout, prompt: 'a dog' };
    const message = 'layouts[1]: objects[1].phrase: the prompt does not say "a cat"';
    expect(() => pipe.check([layout, strange])).toThrow(message);
    expect(() => pipe.stream([layout, strange])).toThrow(message);
    await pipe.dispose();
  }, 300_000);
});
