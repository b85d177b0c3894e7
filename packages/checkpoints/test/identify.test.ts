// What files are, by names and shapes alone.

import { readFileSync } from 'node:fs';
import { tensor } from '@spatiallock/core';
import { readClipTokenizer } from '@spatiallock/core/pipeline';
import { fixtureJson } from '@spatiallock/fixtures';
import { addonTensors, components, modelTensors } from '@spatiallock/testing/original';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  clipTokenizerSource,
  groundingOf,
  identify,
  openCheckpoint,
  singleFileSource,
} from '../src/index.js';
import { checkpointOf, jsonOf, zeros } from './support.js';

const wide = (width: number, channels = 4) => ({
  'model.diffusion_model.input_blocks.0.0.weight': { shape: [320, channels, 3, 3] },
  'model.diffusion_model.input_blocks.1.1.transformer_blocks.0.attn2.to_k.weight': { shape: [320, width] },
  'first_stage_model.decoder.conv_in.weight': { shape: [512, 4, 3, 3] },
  'cond_stage_model.x': { shape: [1] },
});
const one = { shape: [4] };

describe('how a model holds objects', () => {
  it('is asked of the file of its U-Net, which is named where it is damaged', async () => {
    const texts: Readonly<Record<string, string>> = { 'unet/config.json': '{}' };
    const source = {
      read: async (path: string) => (path in texts ? new TextEncoder().encode(texts[path]) : undefined),
      onDisk: async () => ({ size: 9, read: () => Uint8Array.of(100, 0, 0, 0, 0, 0, 0, 0, 0) }),
    };
    await expect(groundingOf(source)).rejects.toThrow(
      'unet/diffusion_pytorch_model.safetensors: safetensors: the header has 100 bytes',
    );
  });
});

describe('identify', () => {
  it.each([
    [wide(768), 'model', 'Stable Diffusion 1.x'],
    [wide(1024), 'model', 'Stable Diffusion 2.x'],
    [wide(768, 9), 'model', 'Stable Diffusion 1.x, inpainting'],
    [wide(768, 8), 'model', 'Stable Diffusion 1.x, edited by instructions'],
    [
      { ...wide(768), 'model.diffusion_model.position_net.x': one },
      'model',
      'Stable Diffusion 1.x, with GLIGEN',
    ],
    [{ 'decoder.conv_in.weight': { shape: [512, 4, 3, 3] } }, 'vae', 'an autoencoder (VAE)'],
    [{ emb_params: { shape: [3, 768] } }, 'textual-inversion', 'a textual inversion'],
    [{ '<cat>': { shape: [768] } }, 'textual-inversion', 'a textual inversion'],
    [
      { clip_l: { shape: [2, 768] }, clip_g: { shape: [2, 1280] } },
      'textual-inversion',
      'a textual inversion',
    ],
    [{ 'lora_unet_x.lora_down.weight': one }, 'lora', 'a LoRA'],
    [{ 'unet.x.lora_A.weight': one }, 'lora', 'a LoRA'],
    [{ 'unet.x.lora_A.default.weight': one }, 'lora', 'a LoRA'],
    [{ 'x.processor.to_q_lora.down.weight': one }, 'lora', 'a LoRA'],
    [{ 'x.to_q.lora.up.weight': one }, 'lora', 'a LoRA'],
    [{ 'x.q_proj.lora_linear_layer.up.weight': one }, 'lora', 'a LoRA'],
    [{ 'diffusion_model.input_blocks.1.x.lora_A.weight': one }, 'lora', 'a LoRA'],
    [
      { 'unet.x.lora_A.weight': one, 'unet.x.lora_magnitude_vector.weight': one },
      'lora',
      'a LyCORIS file (LoHa, LoKr, DoRA or OFT)',
    ],
    [{ 'x.hada_w1_a': one }, 'lora', 'a LyCORIS file (LoHa, LoKr, DoRA or OFT)'],
    [{ 'x.lora_up.weight': one, 'x.dora_scale': one }, 'lora', 'a LyCORIS file (LoHa, LoKr, DoRA or OFT)'],
    [{ 'control_model.input_hint_block.0.weight': one }, 'controlnet', 'a ControlNet'],
    [
      { 'x.fuser.linear.weight': one, 'position_net.linears.0.weight': one },
      'grounding',
      "GLIGEN's grounding layers",
    ],
    [components.unet!, 'component', 'a U-Net of a diffusers folder'],
    [components.text_encoder!, 'component', 'a text encoder of a diffusers folder'],
    [components.vae!, 'vae', 'an autoencoder (VAE)'],
    [addonTensors, 'grounding', "GLIGEN's grounding layers"],
  ])('%#: is %s, %s', (shapes, kind, title) => {
    expect(identify(shapes)).toMatchObject({ kind, title });
  });

  it.each([
    [{ ...wide(2048), 'conditioner.embedders.0.x': one }, 'Stable Diffusion XL'],
    [{ 'model.diffusion_model.label_emb.0.0.weight': one }, 'Stable Diffusion XL'],
    [{ 'model.diffusion_model.joint_blocks.0.x': one }, 'Stable Diffusion 3'],
    [{ 'double_blocks.0.img_attn.qkv.weight': one }, 'FLUX'],
    [{ 'lora_te2_x.lora_up.weight': one }, 'a LoRA of Stable Diffusion XL'],
    [
      { 'diffusion_model.double_blocks.0.x.lora_A.weight': one },
      'a LoRA of a diffusion transformer (Stable Diffusion 3 or FLUX)',
    ],
    [
      { 'diffusion_model.blocks.0.x.lora_A.weight': one },
      'a LoRA of a diffusion transformer (Stable Diffusion 3 or FLUX)',
    ],
    [
      { 'transformer.x.lora_A.weight': one },
      'a LoRA of a diffusion transformer (Stable Diffusion 3 or FLUX)',
    ],
    [{ 'model.diffusion_model.double_blocks.0.x': one }, 'FLUX'],
    [
      { 'transformer_blocks.0.attn.add_q_proj.weight': one },
      'a diffusion transformer (Stable Diffusion 3 or FLUX)',
    ],
    [
      { 'decoder.conv_in.weight': { shape: [512, 16, 3, 3] } },
      'an autoencoder of 16 channels (Stable Diffusion 3 or FLUX)',
    ],
    [{ 'image_proj.proj.weight': one }, 'an IP-Adapter'],
    [{ ...wide(1024), 'model.diffusion_model.label_emb.weight': one }, "Stable Diffusion's upscaler"],
  ])('%#: refuses %j as %s, on one line', (shapes, family) => {
    expect(identify(shapes).refusal).toBe(
      `is ${family}, which is not supported; Stable Diffusion 1.x and 2.x are`,
    );
  });

  it('names GLIGEN that is grounded by pictures', () => {
    const names = ['null_text_feature', 'linears_text.0.weight', 'linears_image.0.weight'];
    const shapes = Object.fromEntries(names.map((name) => [`position_net.${name}`, one]));
    expect(
      identify({ ...shapes, 'middle_block.1.transformer_blocks.0.fuser.linear.weight': one }).refusal,
    ).toMatch(/^is GLIGEN grounded by text and pictures \(gated-text-image\), which is not supported/);
  });

  it('says so where it knows nothing, whatever the names', () => {
    const names = fc.dictionary(fc.string(), fc.record({ shape: fc.array(fc.nat(9), { maxLength: 5 }) }));
    fc.assert(
      fc.property(names, (shapes) => {
        const { kind, refusal, title } = identify(shapes);
        expect(title.length + kind.length).toBeGreaterThan(2);
        if (kind === 'other') expect(refusal).toMatch(/^(is|holds) /);
      }),
    );
  });
});

describe('what a network predicts', () => {
  const side = async (name: string, yaml?: string, more = {}) => {
    const shapes = zeros({
      'model.diffusion_model.input_blocks.0.0.weight': [32, 4, 3, 3],
      'model.diffusion_model.input_blocks.1.0.in_layers.2.weight': [32, 32, 3, 3],
      'model.diffusion_model.input_blocks.1.1.norm.weight': [32],
      'model.diffusion_model.input_blocks.1.1.proj_in.weight': [32, 32],
      'model.diffusion_model.input_blocks.1.1.transformer_blocks.0.norm1.weight': [32],
      'model.diffusion_model.input_blocks.1.1.transformer_blocks.0.attn2.to_k.weight': [32, 1024],
    });
    const source = singleFileSource(checkpointOf({ ...shapes, ...more }, name), { yaml });
    const { prediction_type } = await jsonOf(source, 'scheduler/scheduler_config.json');
    const config = await jsonOf(source, 'unet/config.json');
    expect(config).toMatchObject({ attention_head_dim: [0.5], use_linear_projection: true });
    return [prediction_type, config.sample_size];
  };
  const bias = (numbers: readonly number[]) => ({
    'model.diffusion_model.output_blocks.11.1.transformer_blocks.0.norm1.bias': tensor([...numbers], [4]),
  });

  it.each([
    ['model.safetensors', undefined, {}, ['epsilon', 64]],
    ['model.safetensors', 'model:\n  params:\n    parameterization: "v"\n', {}, ['v_prediction', 96]],
    ['768-v-ema.safetensors', 'model:\n  params:\n    beta: 1\n', {}, ['epsilon', 64]],
    ['768-v-ema.safetensors', undefined, {}, ['v_prediction', 96]],
    ['mine_vpred.safetensors', undefined, {}, ['v_prediction', 96]],
    ['768-vae.safetensors', undefined, {}, ['epsilon', 64]],
    ['/home/dev_predict/v-pred/zsnr/model.safetensors', undefined, {}, ['epsilon', 64]],
    ['C:\\v-pred\\model.safetensors', undefined, {}, ['epsilon', 64]],
    ['/models/mine_vpred.safetensors', undefined, {}, ['v_prediction', 96]],
    ['model.safetensors', undefined, { v_pred: tensor([], [0]) }, ['v_prediction', 96]],
    ['model.safetensors', undefined, bias([0.2, -0.2, 0.2, -0.2]), ['v_prediction', 96]],
    ['model.safetensors', undefined, bias([0.05, -0.05, 0.05, -0.05]), ['epsilon', 64]],
  ])('%# %s', async (name, yaml, more, expected) => {
    expect(await side(name, yaml, more)).toEqual(expected);
  });

  it('ends at no signal where the file says so', async () => {
    const source = singleFileSource(
      checkpointOf({ ...modelTensors, v_pred: tensor([], [0]), ztsnr: tensor([], [0]) }),
    );
    expect(await jsonOf(source, 'scheduler/scheduler_config.json')).toMatchObject({
      prediction_type: 'v_prediction',
      rescale_betas_zero_snr: true,
      timestep_spacing: 'trailing',
    });
  });
});

describe("CLIP's vocabulary", () => {
  const merges = readFileSync(new URL('../assets/clip-merges.txt', import.meta.url), 'utf8');

  it('follows from the merges that are shipped', async () => {
    const vocab = fixtureJson('clip-tokenizer/vocab.json');
    expect(await jsonOf(clipTokenizerSource(merges), 'vocab.json')).toEqual(vocab);
  });

  it("is CLIP's own of the longer file that its authors publish", async () => {
    const [, ...pairs] = merges.split('\n');
    const published = [
      '"bpe_simple_vocab_16e6.txt#version: 0.2',
      ...pairs.filter(Boolean),
      'ðĿ Ł',
      'zq zq</w>',
    ];
    expect(await jsonOf(clipTokenizerSource(published.join('\n')), 'vocab.json')).toEqual(
      fixtureJson('clip-tokenizer/vocab.json'),
    );
  });

  it('pads as each version of Stable Diffusion does', async () => {
    for (const [pad, id] of [
      ['<|endoftext|>', 49407],
      ['!', 0],
    ] as const) {
      const files = clipTokenizerSource(merges, pad);
      const own = await readClipTokenizer({ read: (path) => files.read(path.replace('tokenizer/', '')) });
      expect([own.padId, own.startId, own.endId]).toEqual([id, 49406, 49407]);
    }
  });
});

describe('openCheckpoint', () => {
  it('names the file where bytes are none of safetensors, whatever they are', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(() => openCheckpoint(bytes, 'x.safetensors')).toThrow(/^x\.safetensors: /);
      }),
    );
  });
});
