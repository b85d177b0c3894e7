// Single files in the original layout: the same parameters as the diffusers folder that they were made from.

import { type Tensors, tensor } from '@spatiallock/core';
import { halfPrecision, readWeights, writeSafetensors } from '@spatiallock/core/io';
import { loadModel } from '@spatiallock/core/pipeline';
import { base, components, configs, modelTensors } from '@spatiallock/testing/original';
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
