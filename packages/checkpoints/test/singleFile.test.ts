// Single files in the original layout: the same parameters as the diffusers folder that they were made from.

import { readFileSync } from 'node:fs';
import { type Tensors, tensor } from '@spatiallock/core';
import { halfPrecision, pickleCommands, readWeights, writeSafetensors } from '@spatiallock/core/io';
import { loadModel } from '@spatiallock/core/pipeline';
import { base, components, configs, modelTensors, standardTensors } from '@spatiallock/testing/original';
import { describe, expect, it } from 'vitest';
import { clipTokenizerSource, openCheckpoint, singleFileSource } from '../src/index.js';
import { rows } from '../src/views.js';
import { checkpointOf, jsonOf, onDisk } from './support.js';

const plainUNet = Object.fromEntries(
  Object.entries(components.unet!).filter(([name]) => !/(^|\.)(position_net|fuser)\./.test(name)),
);

const numbers = (tensors: Tensors) =>
  Object.fromEntries(
    Object.entries(tensors)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, { shape, data }]) => [name, { shape, data: Array.from(data) }]),
  );

describe('a single file', () => {
  const source = singleFileSource(checkpointOf(modelTensors), { config: configs });

  it.each([
    ['unet', plainUNet],
    ['vae', components.vae!],
    ['text_encoder', components.text_encoder!],
  ])('holds the parameters of %s, and nothing else', async (component, expected) => {
    const { 'text_model.embeddings.position_ids': ids, ...wanted } = expected;
    expect(numbers(await readWeights(source, component))).toEqual(numbers(wanted));
  });

  it('opens as a model, with a tokenizer and the sizes of a folder', async () => {
    const { unet, textEncoder, tokenizer } = await loadModel(source, []);
    expect(unet.config.block_out_channels).toEqual([16, 32]);
    // The folder has grounding layers, the file none.
    expect((await jsonOf(configs, 'unet/config.json')).attention_type).toBe('gated');
    expect(unet.config.attention_type).toBe('default');
    expect([textEncoder.config.vocab_size, tokenizer.endId]).toEqual([600, 599]);
  });

  it('stays on its disk: opening reads the header, a component its own tensors', async () => {
    const bytes = writeSafetensors(modelTensors);
    const { file, reads } = onDisk(bytes);
    const lazily = singleFileSource(openCheckpoint(file, 'm'), { config: configs });
    const head = reads.reduce((sum, [, length]) => sum + length, 0);
    expect(head).toBeLessThan(bytes.length / 20);
    const vae = await readWeights(lazily, 'vae');
    const own = Object.values(vae).reduce((sum, { shape }) => sum + 4 * shape.reduce((a, b) => a * b, 1), 0);
    expect(reads.reduce((sum, [, length]) => sum + length, 0) - head).toBe(own);
    expect(vae['decoder.mid_block.attentions.0.to_q.weight']).toMatchObject({
      shape: [32, 32],
      place: { path: file.path, length: 4 * 32 * 32 },
    });
  });

  it('of halves stays on its disk as halves, the parts of a projection too', async () => {
    const { file } = onDisk(writeSafetensors(halfPrecision(modelTensors)));
    const lazily = singleFileSource(openCheckpoint(file, 'm'), { config: configs });
    const vae = await readWeights(lazily, 'vae', { float32: true });
    const whole = vae['decoder.mid_block.attentions.0.to_q.weight']!;
    expect(whole.stored).toMatchObject({ dtype: 'float16', place: { path: file.path, length: 2 * 32 * 32 } });
    const first = rows(whole, 0, 8);
    const last = rows(whole, 24, 8);
    const { offset } = whole.stored!.place!;
    expect(first.stored!.place).toEqual({ path: file.path, offset, length: 2 * 8 * 32 });
    expect(last.stored!.place).toEqual({ path: file.path, offset: offset + 2 * 24 * 32, length: 2 * 8 * 32 });
    expect([...last.stored!.data]).toEqual([...whole.stored!.data.subarray(24 * 32)]);
    expect([...last.data]).toEqual([...whole.data.subarray(24 * 32)]);
  });

  it.each(['no tokenizer', 'a tokenizer of other tokens'])(
    'says how to give one where it has %s',
    async () => {
      const clip = () => clipTokenizerSource('a b\n');
      const alone = singleFileSource(checkpointOf(modelTensors), { clip });
      await expect(alone.read('tokenizer/vocab.json')).rejects.toThrow(
        "model.safetensors: a single file holds no tokenizer, and 600 tokens are not CLIP's own; give the folder of one by options.tokenizer (--tokenizer)",
      );
    },
  );

  it('says that a file cannot tell heads and groups of a network of other widths', async () => {
    const alone = singleFileSource(checkpointOf(modelTensors));
    await expect(alone.read('unet/config.json')).rejects.toThrow('by options.config (--config)');
  });

  it('takes its tokenizer from a folder', async () => {
    const tokenizer = { read: async (path: string) => base.read(`tokenizer/${path}`) };
    const own = singleFileSource(checkpointOf(modelTensors), { tokenizer });
    expect(await own.read('tokenizer/vocab.json')).toEqual(await base.read('tokenizer/vocab.json'));
  });

  it('names the part that it lacks', async () => {
    const unetOnly = Object.entries(modelTensors).filter(([name]) =>
      name.startsWith('model.diffusion_model.'),
    );
    const alone = singleFileSource(checkpointOf(Object.fromEntries(unetOnly)), { clip: () => base });
    await expect(alone.read('vae/config.json')).rejects.toThrow(
      'holds no autoencoder; give one by options.vae',
    );
    await expect(readWeights(alone, 'text_encoder')).rejects.toThrow('holds no text encoder');
  });

  it('takes the parts that it lacks from the folder of its configs', async () => {
    const unetOnly = Object.fromEntries(
      Object.entries(modelTensors).filter(([name]) => name.startsWith('model.diffusion_model.')),
    );
    const whole = singleFileSource(checkpointOf(unetOnly), { config: base });
    for (const part of ['vae', 'text_encoder'] as const) {
      expect(Object.keys(await readWeights(whole, part))).toEqual(Object.keys(components[part]!));
    }
    expect(Object.keys(await readWeights(whole, 'unet'))).toHaveLength(Object.keys(plainUNet).length);
    const withoutWeights = singleFileSource(checkpointOf(unetOnly), { config: configs });
    await expect(readWeights(withoutWeights, 'vae')).rejects.toThrow(
      'holds no autoencoder; give one by options.vae (--vae), or a folder that has one',
    );
  });

  it('predicts what is said of it, whatever the folder of its configs says, and keeps a schedule that ends at no signal', async () => {
    const path = 'scheduler/scheduler_config.json';
    const said = singleFileSource(checkpointOf(modelTensors), {
      config: configs,
      prediction: 'v_prediction',
    });
    const known = await jsonOf(configs, path);
    expect(known.prediction_type).toBe('epsilon');
    expect(await jsonOf(said, path)).toEqual({ ...known, prediction_type: 'v_prediction' });
    const marks = { v_pred: tensor([0], [1]), ztsnr: tensor([0], [1]) };
    const marked = (prediction?: 'epsilon' | 'v_prediction') =>
      singleFileSource(checkpointOf({ ...modelTensors, ...marks }), prediction ? { prediction } : {});
    const own = await jsonOf(marked(), path);
    expect(own).toMatchObject({ prediction_type: 'v_prediction', rescale_betas_zero_snr: true });
    expect(await jsonOf(marked('v_prediction'), path)).toEqual(own);
    expect(await jsonOf(marked('epsilon'), path)).not.toHaveProperty('rescale_betas_zero_snr');
    // Python makes the scheduler that the index names.
    const classes = async (source: typeof said) => (await jsonOf(source, 'model_index.json')).scheduler;
    expect(await classes(marked())).toEqual(['diffusers', 'DDIMScheduler']);
    expect(await classes(marked('epsilon'))).toEqual(['diffusers', 'PNDMScheduler']);
  });

  it('has an index with the classes of the folder of its configs', async () => {
    const bytesOf = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
    const files: Readonly<Record<string, Uint8Array>> = {
      'scheduler/scheduler_config.json': bytesOf({ _class_name: 'EulerDiscreteScheduler' }),
      'vae/config.json': bytesOf({ _class_name: 'AutoencoderTiny' }),
    };
    const config = { read: async (path: string) => files[path] };
    const alone = Object.fromEntries(
      Object.entries(modelTensors).filter(([name]) => name.startsWith('model.diffusion_model.')),
    );
    const index = await jsonOf(singleFileSource(checkpointOf(alone), { config }), 'model_index.json');
    expect([index.scheduler, index.vae]).toEqual([
      ['diffusers', 'EulerDiscreteScheduler'],
      ['diffusers', 'AutoencoderTiny'],
    ]);
    const whole = singleFileSource(checkpointOf(modelTensors), { config });
    expect((await jsonOf(whole, 'model_index.json')).vae).toEqual(['diffusers', 'AutoencoderKL']);
  });

  it('names the tensor that holds no number', async () => {
    const name = 'first_stage_model.decoder.conv_in.bias';
    const spoilt = { ...modelTensors, [name]: tensor(new Float32Array(32).fill(Number.NaN), [32]) };
    const damaged = singleFileSource(checkpointOf(spoilt), { config: configs });
    await expect(readWeights(damaged, 'vae')).rejects.toThrow(
      `model.safetensors: safetensors: ${name} holds NaN`,
    );
    expect(Object.keys(await readWeights(damaged, 'unet'))).toHaveLength(Object.keys(plainUNet).length);
  });

  it('is written of as diffusers would write it', async () => {
    expect(await jsonOf(source, 'model_index.json')).toMatchObject({
      _class_name: 'StableDiffusionPipeline',
      safety_checker: [null, null],
      unet: ['diffusers', 'UNet2DConditionModel'],
    });
  });
});

describe('a file of standard widths', async () => {
  const merges = readFileSync(new URL('../assets/clip-merges.txt', import.meta.url), 'utf8');
  const clip = (padToken: string) => clipTokenizerSource(merges, padToken);
  const standard = standardTensors();
  const INPUT = 'model.diffusion_model.input_blocks.0.0.weight';
  const [out = 0, , height = 0, width = 0] = standard[INPUT]!.shape;
  const nine = tensor(new Float32Array(out * 9 * height * width).fill(0.01), [out, 9, height, width]);

  it('needs no config, and an inpainting one takes mask and picture beside the latents', async () => {
    const source = singleFileSource(checkpointOf({ ...standard, [INPUT]: nine }), { clip });
    const { unet, vae } = await loadModel(source, []);
    expect([unet.config.in_channels, unet.config.out_channels]).toEqual([9, 4]);
    expect((await jsonOf(source, 'model_index.json'))._class_name).toBe('StableDiffusionInpaintPipeline');
    expect(unet.params['conv_in.weight']!.shape).toEqual([out, 9, height, width]);
    expect(vae.autoencoder.latentChannels).toBe(4);
  });

  it('says how many channels it takes, whatever a config beside it says', async () => {
    const [channels, , kernel = 0] = modelTensors[INPUT]!.shape as [number, number, number];
    const wide = tensor(new Float32Array(channels * 9 * kernel * kernel), [channels, 9, kernel, kernel]);
    const source = singleFileSource(checkpointOf({ ...modelTensors, [INPUT]: wide }), { config: configs });
    expect((await loadModel(source, [])).unet.config.in_channels).toBe(9);
  });

  /** The text encoder in OpenCLIP's names: queries, keys and values in one matrix, and one layer more than is read. */
  function inOpenClip(tensors: Tensors): { readonly tensors: Tensors; readonly text: Tensors } {
    const PREFIX = 'cond_stage_model.transformer.text_model.';
    const own = Object.fromEntries(
      Object.entries(tensors)
        .filter(([name]) => name.startsWith(PREFIX))
        .map(([name, each]) => [name.slice(PREFIX.length), each]),
    );
    const others = Object.fromEntries(Object.entries(tensors).filter(([name]) => !name.startsWith(PREFIX)));
    const open = (name: string): string =>
      `cond_stage_model.model.${name
        .replace('embeddings.token_embedding.weight', 'token_embedding.weight')
        .replace('embeddings.position_embedding.weight', 'positional_embedding')
        .replace('final_layer_norm', 'ln_final')
        .replace('encoder.layers', 'transformer.resblocks')
        .replace('layer_norm1', 'ln_1')
        .replace('layer_norm2', 'ln_2')
        .replace('mlp.fc1', 'mlp.c_fc')
        .replace('mlp.fc2', 'mlp.c_proj')
        .replace('self_attn.out_proj', 'attn.out_proj')}`;
    const renamed: Record<string, Tensors[string]> = {};
    for (const [name, each] of Object.entries(own)) {
      const [, path, third, kind] = /^(.*self_attn)\.([qkv])_proj\.(weight|bias)$/.exec(name) ?? [];
      if (path === undefined) {
        renamed[open(name)] = each;
      } else if (third === 'q') {
        const parts = ['q', 'k', 'v'].map((letter) => own[`${path}.${letter}_proj.${kind}`]!);
        const joined = Float32Array.from(parts.flatMap(({ data }) => Array.from(data)));
        const [rows = 0, ...rest] = each.shape;
        renamed[open(path).replace('self_attn', `attn.in_proj_${kind}`)] = tensor(joined, [
          3 * rows,
          ...rest,
        ]);
      }
    }
    const layers = Object.keys(renamed).flatMap((name) => /resblocks\.(\d+)\./.exec(name)?.[1] ?? []);
    const last = Math.max(...layers.map(Number));
    for (const [name, each] of Object.entries(renamed)) {
      if (name.includes(`resblocks.${last}.`)) renamed[name.replace(`.${last}.`, `.${last + 1}.`)] = each;
    }
    renamed['cond_stage_model.model.text_projection'] = tensor([0], [1, 1]);
    renamed['cond_stage_model.model.logit_scale'] = tensor([1], []);
    return { tensors: { ...others, ...renamed }, text: own };
  }

  it('of Stable Diffusion 2 holds the same text encoder under the names of OpenCLIP', async () => {
    const { tensors, text } = inOpenClip(standard);
    const found = await readWeights(singleFileSource(checkpointOf(tensors), { clip }), 'text_encoder');
    const expected = Object.fromEntries(
      Object.entries(text)
        .filter(([name]) => !name.endsWith('position_ids'))
        .map(([name, each]) => [`text_model.${name}`, each]),
    );
    expect(Object.keys(found).sort()).toEqual(Object.keys(expected).sort());
    for (const [name, { shape, data }] of Object.entries(expected)) {
      expect(found[name]!.shape, name).toEqual(shape);
      expect(
        Buffer.from(Float32Array.from(found[name]!.data).buffer).equals(
          Buffer.from(Float32Array.from(data).buffer),
        ),
        name,
      ).toBe(true);
    }
    expect(openCheckpoint(writeSafetensors(tensors), 'sd2').identity.parts).toContain('text_encoder');
  });
});

describe('pickles', () => {
  it.each([
    ['a zip archive of PyTorch', [0x50, 0x4b, 3, 4]],
    ['an old pickle', [0x80, 2, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46]],
  ])('are refused with the command that converts them: %s', (_, magic) => {
    const bytes = Uint8Array.from([...magic, ...new Array(100).fill(0)]);
    for (const file of [bytes, onDisk(bytes).file]) {
      expect(() => openCheckpoint(file, 'model.ckpt')).toThrow(
        /^model\.ckpt: is a pickle, .*; convert it with Python: python -c "import torch/,
      );
    }
  });

  it('are converted with what lies in dictionaries within them, as an embedding of A1111', () => {
    expect(pickleCommands.file).toContain(
      "(f(x, p + str(n) + '.') if hasattr(x, 'items') else {p + str(n): x})",
    );
  });

  it.each([2, 3, 4, 5])(
    'are not seen in safetensors whose header has 128 bytes and %d times 256',
    (protocol) => {
      const size = 0x80 + 256 * protocol;
      const bytes = new Uint8Array(8 + size).fill(' '.charCodeAt(0));
      new DataView(bytes.buffer).setBigUint64(0, BigInt(size), true);
      bytes.set(new TextEncoder().encode('{"__metadata__": {"note": "here"}}'), 8);
      expect(openCheckpoint(bytes, 'x').metadata.note).toBe('here');
    },
  );
});
