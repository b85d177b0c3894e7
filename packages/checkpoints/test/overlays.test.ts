// Grounding, autoencoders and embeddings that lie over a model.

import { type FileSource, type Tensors, tensor } from '@spatiallock/core';
import { readComponentConfig, readWeights, writeSafetensors } from '@spatiallock/core/io';
import { checkParams } from '@spatiallock/core/models';
import { decoderGraph, loadModel } from '@spatiallock/core/pipeline';
import { addonTensors, base, components, configs, modelTensors } from '@spatiallock/testing/original';
import { describe, expect, it } from 'vitest';
import {
  openCheckpoint,
  overlaid,
  readEmbedding,
  singleFileSource,
  vaeOfFile,
  withEmbeddings,
  withGrounding,
  withVae,
} from '../src/index.js';
import { checkpointOf, jsonOf, onDisk, zeros } from './support.js';

const single = singleFileSource(checkpointOf(modelTensors), { config: configs });
const grounding = /(^|\.)(position_net|fuser)\./;
const only = (tensors: Tensors, keep: (name: string) => boolean): Tensors =>
  Object.fromEntries(Object.entries(tensors).filter(([name]) => keep(name)));
const sums = (tensors: Tensors) =>
  Object.fromEntries(
    Object.entries(tensors)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, { shape, data }]) => [name, [shape, Array.from(data).reduce((a, b) => a + b, 0)]]),
  );
const plainFolder: FileSource = overlaid(base, {
  files: { 'unet/config.json': { ...(await readComponentConfig(base, 'unet')), attention_type: 'default' } },
  weights: { unet: async () => only(components.unet!, (name) => !grounding.test(name)) },
});

describe('an add-on of GLIGEN', () => {
  const inDiffusers = only(components.unet!, (name) => grounding.test(name));
  const withPrefix = Object.fromEntries(
    Object.entries(addonTensors).map(([name, each]) => [`model.diffusion_model.${name}`, each]),
  );

  it.each([
    ['a single file', single, addonTensors],
    ['a folder', plainFolder, addonTensors],
    ['a folder, under a prefix', plainFolder, withPrefix],
    ["a folder, in diffusers' names", plainFolder, inDiffusers],
    ['a folder that has such layers', base, addonTensors],
  ])('over %s gives the grounded network', async (_, model, addon) => {
    const grounded = await withGrounding(model, checkpointOf(addon, 'gligen.safetensors'));
    expect(sums(await readWeights(grounded, 'unet'))).toEqual(sums(components.unet!));
    expect((await readComponentConfig(grounded, 'unet')).attention_type).toBe('gated');
  });

  it('leaves both files on their disks', async () => {
    const model = onDisk(writeSafetensors(modelTensors), '/a/model.safetensors');
    const addon = onDisk(writeSafetensors(addonTensors), '/b/gligen.safetensors');
    const source = singleFileSource(openCheckpoint(model.file, 'm'), { config: configs });
    const weights = await readWeights(await withGrounding(source, openCheckpoint(addon.file, 'g')), 'unet');
    const paths = Object.values(weights).map(({ place }) => place?.path);
    expect(new Set(paths)).toEqual(new Set(['/a/model.safetensors', '/b/gligen.safetensors']));
  });

  it.each([
    [only(modelTensors, (name) => name.startsWith('first_stage')), 'is an autoencoder (VAE); give'],
    [{ 'x.lora_up.weight': tensor([1], [1]) }, 'is a LoRA'],
    [
      { ...addonTensors, 'position_net.null_positive_feature': tensor([1, 2], [2]) },
      'was made for text of width 2, the model',
    ],
    [{ 'position_net.linears.0.bias': tensor([1], [1]) }, 'holds no fuser layers'],
  ])('%#: is refused where it is another thing', async (tensors, message) => {
    await expect(withGrounding(base, checkpointOf(tensors, 'x'))).rejects.toThrow(`x: ${message}`);
  });
});

describe('another autoencoder', async () => {
  const alone = Object.fromEntries(
    Object.entries(modelTensors)
      .filter(([name]) => name.startsWith('first_stage_model.'))
      .map(([name, each]) => [name.replace('first_stage_model.', ''), each]),
  );
  const { _class_name: _, ...settings } = await readComponentConfig(base, 'vae');

  it.each([
    ["in the original's names", alone],
    ["in diffusers' names", components.vae!],
    ['in a whole model', modelTensors],
  ])('%s takes the place of the own one', async (_name, tensors) => {
    const vae = vaeOfFile(checkpointOf(tensors, 'vae.safetensors'), settings);
    const model = await withVae(plainFolder, vae);
    expect(sums(await readWeights(model, 'vae'))).toEqual(sums(components.vae!));
    expect((await loadModel(model, [])).vae.autoencoder.factor).toBe(2);
  });

  it("knows TAESD's files, whose decoder counts a layer without parameters", async () => {
    const taesd = decoderOf([3, 3, 3, 1]);
    const model = await withVae(plainFolder, vaeOfFile(checkpointOf(taesd, 'taesd_decoder.safetensors')));
    expect(await jsonOf(model, 'vae/config.json')).toMatchObject({
      _class_name: 'AutoencoderTiny',
      latent_channels: 4,
      num_decoder_blocks: [3, 3, 3, 1],
    });
    expect(await jsonOf(model, 'model_index.json')).toMatchObject({ vae: ['diffusers', 'AutoencoderTiny'] });
    const loaded = await loadModel(model, []);
    expect(loaded.vae.autoencoder.factor).toBe(8);
    const { params } = decoderGraph(loaded.vae.autoencoder, 8, 8);
    expect(() => checkParams(params, loaded.vae.params)).not.toThrow();
  });

  it('is refused where it is of Stable Diffusion XL, which no shape tells: by its name, or by its scaling', async () => {
    const decoder = decoderOf([3, 3, 3, 1]);
    for (const name of ['taesdxl_decoder.safetensors', '/vae/SDXL_vae.safetensors', 'sd_xl.vae.safetensors'])
      expect(() => vaeOfFile(checkpointOf(decoder, name))).toThrow(
        `${name}: is the autoencoder of Stable Diffusion XL by its name, whose latents are others; give`,
      );
    const tiny = { _class_name: 'AutoencoderTiny', num_decoder_blocks: [3, 3, 3, 1] };
    expect(vaeOfFile(checkpointOf(decoder, 'taesdxl.safetensors'), tiny).config).toBe(tiny);
    expect(() => vaeOfFile(checkpointOf(decoder, '/sdxl/taesd_decoder.safetensors'))).not.toThrow();
    const { weights } = vaeOfFile(checkpointOf(decoder, 'x'));
    const config = { _class_name: 'AutoencoderKL', scaling_factor: 0.13025 };
    await expect(withVae(base, { config, weights })).rejects.toThrow(
      'vae: is the autoencoder of Stable Diffusion XL (scaling_factor 0.13025), whose latents are others; give',
    );
  });

  it("is refused where it is TAESD's encoder alone, or no autoencoder", () => {
    const encoder = {
      '0.weight': tensor(new Float32Array(27), [1, 3, 3, 3]),
      '3.conv.0.weight': tensor([1], [1]),
    };
    expect(() => vaeOfFile(checkpointOf(encoder, 'taesd_encoder.safetensors'))).toThrow(
      "holds no decoder; TAESD's is in taesd_decoder.safetensors",
    );
    expect(() => vaeOfFile(checkpointOf(addonTensors, 'x'))).toThrow("x: is GLIGEN's grounding layers; give");
  });
});

/** TAESD's decoder with one channel, as its repository names the layers. */
function decoderOf(blocks: readonly number[]): Tensors {
  const shapes: Record<string, readonly number[]> = { '1.weight': [1, 4, 3, 3], '1.bias': [1] };
  let layer = 3;
  blocks.forEach((count, stage) => {
    for (let i = 0; i < count; i++, layer++) {
      for (const at of [0, 2, 4]) {
        shapes[`${layer}.conv.${at}.weight`] = [1, 1, 3, 3];
        shapes[`${layer}.conv.${at}.bias`] = [1];
      }
    }
    if (stage === blocks.length - 1) {
      shapes[`${layer}.weight`] = [3, 1, 3, 3];
      shapes[`${layer}.bias`] = [3];
    } else {
      shapes[`${layer + 1}.weight`] = [1, 1, 3, 3];
      layer += 2;
    }
  });
  return zeros(shapes);
}

describe('textual inversion', () => {
  const vector = (value: number) => new Float32Array(32).fill(value);
  const file = (tensors: Tensors) => checkpointOf(tensors, 'x.safetensors');
  const rows = (count: number) => tensor(new Float32Array(32 * count).fill(3), [count, 32]);

  it.each([
    ['emb_params', 2, 'style', undefined],
    ['clip_l', 1, 'style', undefined],
    ['<cat>', 1, '<cat>', undefined],
    ['<cat>', 1, 'mine', 'mine'],
  ])('is read from %s, with %d vectors, as %s', async (name, count, token, given) => {
    const read = await readEmbedding(file({ [name]: rows(count) }), 'style', given);
    expect([read.token, read.vectors.length, read.vectors[0]!.length]).toEqual([token, count, 32]);
  });

  it('is read from the file of a LoRA that has words beside its layers', async () => {
    const layer = { 'lora_unet_x.lora_down.weight': rows(1), 'lora_unet_x.lora_up.weight': rows(1) };
    const one = { ...layer, 'bundle_emb.my.word.string_to_param.*': rows(2) };
    const two = { ...one, 'bundle_emb.other.clip_l': rows(1) };
    const named = async (tensors: Tensors, token?: string) => {
      const read = await readEmbedding(file(tensors), 'style', token);
      return [read.token, read.vectors.length];
    };
    expect(await named(one)).toEqual(['my.word', 2]);
    expect(await named(one, 'mine')).toEqual(['mine', 2]);
    expect(await named(two, 'other')).toEqual(['other', 1]);
    expect(await named({ ...one, 'lora_unet_x.dora_scale': rows(1) })).toEqual(['my.word', 2]);
    await expect(named(two)).rejects.toThrow(
      'x.safetensors: holds the words "my.word", "other"; name one of them, as in --embedding my.word=FILE',
    );
    await expect(named(two, 'mine')).rejects.toThrow('--embedding my.word=FILE, not "mine"');
    await expect(named(layer)).rejects.toThrow('x.safetensors: is a LoRA; give a textual inversion');
    expect(file(one).identity.title).toBe('a LoRA, with the word "my.word"');
    expect(file(two).identity.title).toBe('a LoRA, with the words "my.word", "other"');
  });

  it('is refused where the file is another, or holds too much', async () => {
    await expect(readEmbedding(file(addonTensors), 'x')).rejects.toThrow("x.safetensors: is GLIGEN's");
    await expect(readEmbedding(file({ emb_params: rows(76) }), 'x')).rejects.toThrow(
      'must hold 1..75 vectors',
    );
    await expect(readEmbedding(file({ emb_params: rows(1) }), 'x', ' ')).rejects.toThrow(
      'cannot be the word',
    );
  });

  it('adds its vectors below the token table, and its name to the tokenizer', async () => {
    const model = await withEmbeddings(base, [
      { token: '<cat>', vectors: [vector(1), vector(2)] },
      { token: 'dog-style', vectors: [vector(3)] },
    ]);
    const { tokenizer, textEncoder } = await loadModel(model, []);
    expect(tokenizer.encode('a <cat> dog-style')).toEqual([...tokenizer.encode('a'), 600, 601, 602]);
    const table = textEncoder.params['text_model.embeddings.token_embedding.weight']!;
    const own = components.text_encoder!['text_model.embeddings.token_embedding.weight']!;
    expect([table.shape, textEncoder.config.vocab_size]).toEqual([[603, 32], 603]);
    expect(table.data.slice(0, own.data.length)).toEqual(own.data);
    expect([...table.data.slice(own.data.length)]).toEqual([1, 2, 3].flatMap((value) => [...vector(value)]));
    const index = await jsonOf(model, 'tokenizer/added_tokens.json');
    expect(index).toEqual({ '<cat>': 600, '<cat>_1': 601, 'dog-style': 602 });
  });

  it('goes on where a folder has some already, and names are not given twice', async () => {
    const first = await withEmbeddings(base, [{ token: 'one', vectors: [vector(1)] }]);
    const second = await withEmbeddings(first, [{ token: 'two', vectors: [vector(2)] }]);
    expect((await loadModel(second, [])).tokenizer.encode('one two')).toEqual([600, 601]);
    await expect(withEmbeddings(first, [{ token: 'ONE', vectors: [vector(1)] }])).rejects.toThrow(
      'embedding "ONE": "ONE" is there already',
    );
  });

  it('is refused where its name means something already: a piece of the vocabulary, or a vector of another', async () => {
    const named = (...tokens: string[]) =>
      withEmbeddings(
        base,
        tokens.map((token) => ({ token, vectors: [vector(1)] })),
      );
    await expect(named('a')).rejects.toThrow(
      'embedding "a": "a" is a token of the model\'s vocabulary already; give it another name, as in --embedding NAME=FILE',
    );
    await expect(named('<|endoftext|>')).rejects.toThrow("of the model's vocabulary already");
    const message = 'embedding "one_1": would be read as a vector of "one"; give it another name';
    await expect(named('one', 'one_1')).rejects.toThrow(message);
    await expect(named('one_1', 'one')).rejects.toThrow(message);
    const first = await named('one');
    await expect(withEmbeddings(first, [{ token: 'one_1', vectors: [vector(2)] }])).rejects.toThrow(message);
    const apart = await withEmbeddings(first, [{ token: 'one_2', vectors: [vector(2)] }]);
    expect((await loadModel(apart, [])).tokenizer.encode('one one_2')).toEqual([600, 601]);
  });

  it('is listed where Python looks for added tokens: beside others in the settings of the tokenizer', async () => {
    const path = 'tokenizer/tokenizer_config.json';
    const settings = await jsonOf(base, path);
    const other = { content: '<old>', special: false };
    const saved = overlaid(base, {
      files: { [path]: { ...settings, added_tokens_decoder: { 7: other } } },
    });
    const model = await withEmbeddings(saved, [{ token: '<cat>', vectors: [vector(1), vector(2)] }]);
    const { added_tokens_decoder: decoder } = await jsonOf(model, path);
    expect(decoder).toMatchObject({
      7: other,
      600: { content: '<cat>', special: false, normalized: true },
      601: { content: '<cat>_1' },
    });
    expect((await loadModel(model, [])).tokenizer.encode('<old> <cat>')).toEqual([7, 600, 601]);
    await expect(withEmbeddings(saved, [{ token: '<OLD>', vectors: [vector(1)] }])).rejects.toThrow(
      'embedding "<OLD>": "<OLD>" is there already',
    );
    expect(await jsonOf(await withEmbeddings(base, [{ token: 'x-y', vectors: [vector(1)] }]), path)).toEqual(
      settings,
    );
  });

  it('is refused where it was made for another text encoder', async () => {
    const wide = { token: 'x', vectors: [new Float32Array(1024)] };
    await expect(withEmbeddings(base, [wide])).rejects.toThrow(
      'embedding "x": its vectors have 1024 numbers, the text encoder\'s 32; it was made for another model',
    );
  });

  it('is known to models that know few words', async () => {
    const few = overlaid(base, { files: { 'tokenizer/words.json': ['a', 'dog'] } });
    const { words } = await loadModel(
      await withEmbeddings(few, [{ token: '<my-cat>', vectors: [vector(1)] }]),
      [],
    );
    expect(words).toEqual(['a', 'dog', 'my-cat']);
    const elsewhere = overlaid(base, {
      files: {
        'spatiallock.json': { version: 1, vocabulary: 'lists/known.json' },
        'lists/known.json': ['a', 'dog'],
      },
    });
    const grown = await withEmbeddings(elsewhere, [{ token: '<my-cat>', vectors: [vector(1)] }]);
    expect((await loadModel(grown, [])).words).toEqual(['a', 'dog', 'my-cat']);
  });
});
