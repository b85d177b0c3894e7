// Networks whose guidance was distilled: the scale is an input of the network, and no second row is needed.

import {
  fromPretrained,
  input,
  type Layout,
  parameterStore,
  type Tensor,
  type Tensors,
  tensor,
} from '@spatiallock/core';
import { readSafetensors, writeSafetensors } from '@spatiallock/core/io';
import { guidanceEmbedding, parseUNet2dConditionConfig, unet2dCondition } from '@spatiallock/core/models';
import { fixtureBytes, fixtureJson } from '@spatiallock/fixtures';
import { poi } from '@spatiallock/poi';
import { fixtureModel } from '@spatiallock/testing';
import { afterAll, describe, expect, it } from 'vitest';
import { backend, noise } from './support.js';

const WIDTH = 6;
const UNET = 'unet/diffusion_pytorch_model.safetensors';
const unetConfig = fixtureJson('diffusers-sd1/unet/config.json') as unknown as {
  block_out_channels: number[];
};
const base = unetConfig.block_out_channels[0]!;
const projection = noise([base, WIDTH]);

const weights: Tensors = {
  ...readSafetensors(fixtureBytes(`diffusers-sd1/${UNET}`)),
  'time_embedding.cond_proj.weight': projection,
};

const model = () =>
  fixtureModel(
    { 'unet/config.json': { ...unetConfig, time_cond_proj_dim: WIDTH } },
    { [UNET]: writeSafetensors(weights) },
  );
const layout: Layout = { prompt: 'a dog', objects: [{ phrase: 'a dog', box: [0.1, 0.3, 0.5, 0.9] }] };
const quick = { steps: 2, scheduler: 'ddim', seed: 3 };

afterAll(() => backend.dispose());

describe('guidanceEmbedding', () => {
  it('holds sines, then cosines, of 1000 (scale - 1), frequencies falling from 1 to 1 / 10000', () => {
    const { data, shape } = guidanceEmbedding([1, 1.5], 4);
    const angles = [500, 500 / 10_000];
    expect(shape).toEqual([2, 4]);
    [0, 0, 1, 1, ...angles.map(Math.sin), ...angles.map(Math.cos)].forEach((value, i) => {
      expect(data[i]).toBeCloseTo(value, 5);
    });
  });
});

describe('a network with a guidance embedding', () => {
  it('predicts as it does without one where the embedding is zero', async () => {
    const config = parseUNet2dConditionConfig({ ...unetConfig, time_cond_proj_dim: WIDTH });
    const predict = async (condition?: Tensor): Promise<Float32Array> => {
      const store = parameterStore();
      const inputs = {
        sample: input('sample', [1, 4, 8, 8]),
        timestep: input('timestep', [1]),
        text: input('text', [1, 5, config.cross_attention_dim]),
        ...(condition ? { condition: input('condition', [1, WIDTH]) } : {}),
      };
      const output = unet2dCondition(store.scope, config, {
        sample: inputs.sample,
        timestep: inputs.timestep,
        encoderHiddenStates: inputs.text,
        ...(inputs.condition ? { timestepCondition: inputs.condition } : {}),
      });
      const own = Object.fromEntries(Object.keys(store.params).map((name) => [name, weights[name]!]));
      const executable = await backend.compile({ inputs, params: store.params, outputs: { output } }, own);
      const fed = {
        sample: noise([1, 4, 8, 8]),
        timestep: tensor([500], [1]),
        text: noise([1, 5, config.cross_attention_dim]),
        ...(condition ? { condition } : {}),
      };
      const { output: result } = await executable.run(fed);
      await executable.dispose();
      return result!.data as Float32Array;
    };
    const plain = await predict();
    expect(await predict(tensor(new Float32Array(WIDTH), [1, WIDTH]))).toEqual(plain);
    expect(await predict(guidanceEmbedding([4], WIDTH))).not.toEqual(plain);
  });

  it('refuses a condition of another width, and one for a network that has no embedding', () => {
    const inputs = {
      sample: input('sample', [1, 4, 8, 8]),
      timestep: input('timestep', [1]),
      encoderHiddenStates: input('text', [1, 5, parseUNet2dConditionConfig(unetConfig).cross_attention_dim]),
      timestepCondition: input('condition', [1, 5]),
    };
    const build = (json: object) =>
      unet2dCondition(parameterStore().scope, parseUNet2dConditionConfig({ ...unetConfig, ...json }), inputs);
    expect(() => build({ time_cond_proj_dim: WIDTH })).toThrow(
      'timestepCondition: must be [1, 6], not [1, 5]',
    );
    expect(() => build({})).toThrow('timestepCondition: this network has no guidance embedding');
  });

  it('gets the scale of each call in a batch without unconditional rows', async () => {
    const pipe = await fromPretrained(model(), { backend, plugins: [poi()] });
    const rows: number[] = [];
    const counting = {
      ...backend,
      async compile(...given: Parameters<typeof backend.compile>) {
        const made = await backend.compile(...given);
        return {
          ...made,
          run: (inputs: Parameters<typeof made.run>[0]) => {
            if (inputs.sample) rows.push(inputs.sample.shape[0]!);
            return made.run(inputs);
          },
        };
      },
    };
    const counted = await fromPretrained(model(), { backend: counting, plugins: [poi()] });
    const latents = async (guidanceScale: number, negativePrompt = '') =>
      (await counted.generate({ ...layout, negativePrompt }, { ...quick, guidanceScale, decode: false }))
        .latents.data;
    const [four, eight] = [await latents(4), await latents(8)];
    expect(rows).toEqual([1, 1, 1, 1]);
    expect(eight).not.toEqual(four);
    expect(await latents(4)).toEqual(four);
    expect(await latents(0)).toEqual(await latents(1));
    const late = {
      ...quick,
      guidanceScale: 8,
      guidanceInterval: { stop: 0.5, scaleAfter: 4 },
      decode: false,
    };
    const mixed = (await pipe.generate(layout, late)).latents.data;
    expect(mixed).not.toEqual(four);
    expect(mixed).not.toEqual(eight);
    await Promise.all([pipe.dispose(), counted.dispose()]);
  });
});
