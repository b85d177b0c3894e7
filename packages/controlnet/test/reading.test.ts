// Directories and single files of ControlNets: what is read, and what is refused by its name.

import { controlNetSource, openCheckpoint } from '@spatiallock/checkpoints';
import { type PluginContext, type Tensors, tensor } from '@spatiallock/core';
import { readSafetensors, writeSafetensors } from '@spatiallock/core/io';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fieldsWithoutEffect, parseControlNetConfig, plugin, readControlNet } from '../src/index.js';
import { controlNetFiles, fixtureBytes, fixtureJson } from './support.js';

const weights = readSafetensors(fixtureBytes('diffusion_pytorch_model.safetensors'));
const json = fixtureJson('config.json');
const numbersOf = (tensors: Tensors) =>
  Object.entries(tensors)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, { shape, data }]) => [name, shape, Array.from(data, Number)]);

describe('a config', () => {
  it('is read with its defaults, and with num_attention_heads in the place of attention_head_dim', () => {
    const standard = parseControlNetConfig({});
    expect(standard).toMatchObject({
      conditioning_channels: 3,
      conditioning_embedding_out_channels: [16, 32, 96, 256],
      controlnet_conditioning_channel_order: 'rgb',
      global_pool_conditions: false,
      attention_head_dim: [8, 8, 8, 8],
    });
    const heads = parseControlNetConfig({ ...json, num_attention_heads: 2 });
    expect(heads.attention_head_dim).toEqual([2, 2]);
  });

  it.each(Object.keys(fieldsWithoutEffect))('is the same whatever %s says', (field) => {
    expect(parseControlNetConfig({ ...json, [field]: 7 })).toEqual(parseControlNetConfig(json));
  });

  it.each([
    [null, 'ControlNetModel config: must be an object'],
    [{ _class_name: 'UNet2DConditionModel' }, 'this reads ControlNetModel only'],
    [
      { conditioning_chanels: 3 },
      'conditioning_chanels: is not a field of ControlNetModel that is known; did you mean',
    ],
    [{ sample_size: 64 }, 'sample_size: is not a field'],
    [{ mid_block_type: null }, 'mid_block_type: null is not supported'],
    [{ num_attention_heads: 5 }, 'num_attention_heads: 5 heads do not divide 16 channels'],
    [{ num_attention_heads: [2] }, 'num_attention_heads: has 1 entries for 2 levels'],
    [{ attention_head_dim: 5 }, 'attention_head_dim: 5 heads'],
    [{ encoder_hid_dim: 8 }, 'encoder_hid_dim: 8 is not supported'],
    [{ encoder_hid_dim_type: 'text_proj' }, 'encoder_hid_dim_type'],
    [{ class_embed_type: 'timestep' }, 'class_embed_type'],
    [{ num_class_embeds: 4 }, 'num_class_embeds'],
    [{ addition_embed_type: 'text_time' }, 'addition_embed_type'],
    [{ act_fn: 'gelu' }, 'act_fn'],
    [{ mid_block_scale_factor: 2 }, 'mid_block_scale_factor'],
    [{ resnet_time_scale_shift: 'scale_shift' }, 'resnet_time_scale_shift'],
    [{ norm_num_groups: null }, 'norm_num_groups'],
    [{ controlnet_conditioning_channel_order: 'gbr' }, 'must be one of rgb, bgr'],
    [{ global_pool_conditions: 'yes' }, 'global_pool_conditions: must be true or false'],
    [{ conditioning_embedding_out_channels: [] }, 'conditioning_embedding_out_channels'],
    [{ conditioning_channels: 0 }, 'conditioning_channels: must be a whole number'],
    [{ down_block_types: ['DownBlock2D'] }, 'down_block_types: has 1 entries for the 2 levels'],
  ])('is refused by name: %j', (fields, message) => {
    expect(() => parseControlNetConfig(fields && { ...json, ...fields })).toThrow(message);
  });

  it('is an error that begins with its class or is read, whatever its fields hold', () => {
    const names = fc.constantFrom(...Object.keys(json), 'mid_block_type', 'unknown');
    const value = fc.oneof(
      fc.constantFrom(null, 'rgb', true),
      fc.integer(),
      fc.array(fc.nat({ max: 64 })),
      fc.anything(),
    );
    fc.assert(
      fc.property(fc.dictionary(names, value, { maxKeys: 4 }), (fields) => {
        try {
          parseControlNetConfig({ ...json, ...fields });
        } catch (error) {
          expect((error as Error).message).toMatch(/^ControlNetModel config: /);
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe('a directory', () => {
  const written = (change: Tensors) => writeSafetensors({ ...weights, ...change });

  it('is read from a root and from a folder within a model, also in half precision', async () => {
    const { config, params } = await readControlNet(controlNetFiles());
    expect(config.block_out_channels).toEqual([16, 32]);
    expect(numbersOf(params)).toEqual(numbersOf(weights));
    const files = controlNetFiles();
    const model = {
      read: async (path: string) =>
        path.startsWith('controlnet/')
          ? files.read(path.slice('controlnet/'.length).replace('.fp16.', '.'))
          : undefined,
      exists: async (path: string) => path === 'controlnet/diffusion_pytorch_model.fp16.safetensors',
    };
    expect(numbersOf((await readControlNet(model, 'controlnet')).params)).toEqual(numbersOf(weights));
  });

  it.each([
    [{ in_channels: 9 }, 'controlnet: in_channels is 9 in the config, but conv_in.weight is [16, 4, 3, 3]'],
    [{ cross_attention_dim: 64 }, 'controlnet: cross_attention_dim is 64'],
    [{ conditioning_channels: 1 }, 'controlnet: conditioning_channels is 1'],
    [{ conditioning_embedding_out_channels: [4, 8, 16, 16] }, 'conditioning_embedding_out_channels[2] is 16'],
    [{ block_out_channels: [16, 64] }, 'controlnet: block_out_channels[1] is 64'],
    [{ layers_per_block: 120 }, 'controlnet: the config asks for at least'],
    [{ layers_per_block: 3 }, 'missing'],
    [{ layers_per_block: 1 }, 'unexpected'],
  ])('whose config is of other weights is refused: %j', async (config, message) => {
    await expect(readControlNet(controlNetFiles(config))).rejects.toThrow(message);
  });

  it('is refused where a weight is no number, has another shape, or is missing', async () => {
    const bias = 'controlnet_mid_block.bias';
    const broken = tensor(new Float32Array(32).fill(Number.NaN), [32]);
    await expect(readControlNet(controlNetFiles({}, written({ [bias]: broken })))).rejects.toThrow(
      `diffusion_pytorch_model.safetensors: safetensors: ${bias} holds NaN`,
    );
    const short = tensor(new Float32Array(31), [31]);
    await expect(readControlNet(controlNetFiles({}, written({ [bias]: short })))).rejects.toThrow(
      `${bias} is [31], the network needs [32]`,
    );
    const { [bias]: _, ...rest } = weights;
    await expect(readControlNet(controlNetFiles({}, writeSafetensors(rest)))).rejects.toThrow(
      `1 missing:\n    ${bias}`,
    );
  });

  it('that is empty is refused with what was looked for', async () => {
    await expect(readControlNet({ read: async () => undefined })).rejects.toThrow('config.json is missing');
    const { read } = controlNetFiles();
    const bare = { read: async (path: string) => (path === 'config.json' ? read(path) : undefined) };
    await expect(readControlNet(bare)).rejects.toThrow(
      /^no weights found; looked for diffusion_pytorch_model.safetensors, /,
    );
    const pickled = {
      read: async (path: string) =>
        path === 'config.json' ? read(path) : path.endsWith('model.bin') ? new Uint8Array(8) : undefined,
    };
    await expect(readControlNet(pickled)).rejects.toThrow('diffusion_pytorch_model.bin: ');
  });
});

describe('a network that a person names', () => {
  const opened = (network: string) =>
    plugin.create({ network }, {
      userFiles: { read: async () => undefined, readImage: async () => ({}) },
    } as unknown as PluginContext);

  it('is named where it cannot be read, and a single file with what is read instead', async () => {
    await expect(opened('nets/canny')).rejects.toThrow(/^network: nets\/canny: config\.json is missing$/);
    for (const path of ['canny.safetensors', 'nets/canny.PTH'])
      await expect(opened(path)).rejects.toThrow(
        `network: ${path}: is a single file; give a ControlNetModel directory, with config.json and`,
      );
  });
});

describe('a single file', () => {
  const { names } = fixtureJson('names.json') as { readonly names: Readonly<Record<string, string>> };
  const original = (prefix: string): Uint8Array =>
    writeSafetensors(
      Object.fromEntries(
        Object.entries(names).map(([from, to]) => [from.replace('control_model.', prefix), weights[to]]),
      ),
    );
  const opened = (bytes: Uint8Array, config: Readonly<Record<string, unknown>> | undefined = json) =>
    readControlNet(controlNetSource(openCheckpoint(bytes, 'canny.safetensors'), config));

  it.each(['control_model.', ''])(
    'in the original layout, prefix %j, holds the same weights',
    async (prefix) => {
      expect(numbersOf((await opened(original(prefix))).params)).toEqual(numbersOf(weights));
    },
  );

  it("in diffusers' names holds the same weights", async () => {
    const bytes = fixtureBytes('diffusion_pytorch_model.safetensors');
    expect(numbersOf((await opened(bytes)).params)).toEqual(numbersOf(weights));
  });

  it.each([
    ['shuffle/control_v11p_sd15_canny.safetensors', undefined],
    ['models/control_v11e_sd15_shuffle_fp16.safetensors', true],
  ])('of %s averages over the picture: %s', async (name, pooled) => {
    const widths = { 'controlnet_cond_embedding.conv_in.weight': [16, 3, 1, 1] };
    const blocks = {
      'conv_in.weight': [32, 4, 1, 1],
      'down_blocks.0.resnets.0.conv1.weight': [32, 32, 1, 1],
    };
    const tensors = Object.entries({ ...widths, ...blocks }).map(
      ([path, shape]) => [path, tensor(new Float32Array(shape.reduce((a, b) => a * b)), shape)] as const,
    );
    const { read } = controlNetSource(openCheckpoint(writeSafetensors(Object.fromEntries(tensors)), name));
    const fields = JSON.parse(new TextDecoder().decode(await read('config.json')));
    expect(fields.global_pool_conditions).toBe(pooled);
  });

  it('tells its sizes where they are those of Stable Diffusion', async () => {
    const shape = (name: string, width: number) =>
      [name, tensor(new Float32Array(width), [width, 1, 1, 1])] as const;
    const shapes = Object.fromEntries(
      [1, 2, 3, 4].map((i) => shape(`control_model.input_hint_block.${4 * i - 4}.weight`, 8 * i)),
    );
    const { read } = controlNetSource(
      openCheckpoint(
        writeSafetensors({
          ...shapes,
          'control_model.input_blocks.0.0.weight': tensor(new Float32Array(32 * 4), [32, 4, 1, 1]),
          'control_model.input_blocks.1.0.in_layers.2.weight': tensor(new Float32Array(32), [32, 1, 1, 1]),
          'control_model.input_blocks.2.0.op.weight': tensor(new Float32Array(32), [32, 1, 1, 1]),
          'control_model.input_blocks.3.0.in_layers.2.weight': tensor(new Float32Array(64), [64, 1, 1, 1]),
        }),
        'canny.safetensors',
      ),
    );
    expect(JSON.parse(new TextDecoder().decode(await read('config.json')))).toMatchObject({
      _class_name: 'ControlNetModel',
      in_channels: 4,
      layers_per_block: 1,
      block_out_channels: [32, 64],
      conditioning_embedding_out_channels: [8, 16, 24],
    });
  });

  it('is refused where it is something else, or its sizes cannot be derived', async () => {
    const lora = writeSafetensors({ 'unet.x.lora_A.weight': tensor([1], [1]) });
    expect(() => controlNetSource(openCheckpoint(lora, 'a.safetensors'))).toThrow(
      'a.safetensors: is a LoRA; give a ControlNet',
    );
    const unknown = openCheckpoint(original('control_model.'), 'canny.safetensors');
    expect(() => controlNetSource(unknown)).toThrow(
      'canny.safetensors: controlnet: layers of 16, 32 channels are not those of Stable Diffusion, and a file cannot tell their groups and heads; give the fields of its config.json as `config`',
    );
  });
});
