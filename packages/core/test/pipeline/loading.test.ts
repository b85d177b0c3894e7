// What a model directory must hold to be loaded, and the progress that is reported.

import { fixtureJson, fixtureSource } from '@spatiallock/fixtures';
import { describe, expect, it } from 'vitest';
import { readWeights, writeSafetensors } from '../../src/entries/io.js';
import { clipTokenizerFiles, loadModel, readClipTokenizer, readWords } from '../../src/entries/pipeline.js';
import {
  createPipeline,
  type FileOnDisk,
  type FileSource,
  type GuidanceState,
  imagesOf,
  mean,
  type PipelineProgress,
  type Plugin,
  referenceBackend,
  tensor,
} from '../../src/index.js';
import { checkPipelineOptions } from '../../src/pipeline/pipelineOptions.js';
import { watchedFiles } from '../../src/pipeline/progress.js';

const bytesOf = (json: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(json));
const letters = Array.from('abcdefghijklmnopqrstuvwxyz', (letter) => `${letter}</w>`);
const vocab = {
  ...Object.fromEntries(letters.map((token, id) => [token, id])),
  '!': 100,
  '<|startoftext|>': 598,
  '<|endoftext|>': 599,
};
const components = {
  unet: ['diffusers', 'UNet2DConditionModel'],
  vae: ['diffusers', 'AutoencoderKL'],
  text_encoder: ['transformers', 'CLIPTextModel'],
  tokenizer: ['transformers', 'CLIPTokenizer'],
  scheduler: ['diffusers', 'PNDMScheduler'],
};

/** The fixtures' networks as a model directory; `json` replaces files, undefined hides one. */
function model(json: Readonly<Record<string, unknown>> = {}): FileSource {
  const tokenizer = clipTokenizerFiles({ vocab, merges: [] });
  const fixtures = fixtureSource('diffusers-sd1/');
  return {
    async read(path) {
      if (Object.hasOwn(json, path)) return json[path] === undefined ? undefined : bytesOf(json[path]);
      if (path === 'model_index.json')
        return bytesOf({ _class_name: 'StableDiffusionPipeline', ...components });
      const [folder, name = ''] = path.split('/');
      if (folder === 'tokenizer') return tokenizer[name];
      return fixtures.read(path === 'scheduler/scheduler_config.json' ? 'scheduler_config.json' : path);
    },
  };
}

const config = (component: string) => fixtureJson(`diffusers-sd1/${component}/config.json`);
const load = (json: Readonly<Record<string, unknown>> = {}) => loadModel(model(json), []);

describe('a model', () => {
  it('is loaded whole', async () => {
    const { unet, textEncoder, tokenizer, defaults, name, words } = await load();
    expect(unet.config.cross_attention_dim).toBe(textEncoder.config.hidden_size);
    expect([tokenizer.maxLength, name, words]).toEqual([77, undefined, undefined]);
    expect(defaults).toMatchObject({ steps: 25, guidanceScale: 7.5, generator: 'torch' });
  });

  it('is painted with no plugin whose weights were not read with it', async () => {
    const mine = {
      ...{ name: 'mine', pluginVersion: 1 as const },
      weights: [{ folder: 'own', owns: (name: string) => name === 'own.gain' }],
    } as const;
    const open = async (loaded: readonly Plugin[], plugin: Plugin = mine) =>
      createPipeline(await loadModel(model(), loaded), { backend: referenceBackend(), plugins: [plugin] });
    await expect(open([])).rejects.toThrow(
      'options.plugins: mine has weights in own/, which loadModel did not read; give loadModel the same plugins',
    );
    expect((await open([mine])).plugins).toEqual(['mine']);
    expect((await open([], { ...mine, params: { 'own.gain': tensor([1], []) } })).plugins).toEqual(['mine']);
  });

  it.each<[object, string]>([
    [{ text: { network: () => ({}), feed: async () => ({}) } }, 'text.feed: gave a promise'],
    [
      {
        network: () => ({ guidance: { loss: ({ sample }: GuidanceState) => mean(sample) } }),
        guidance: { settings: async () => ({ until: 1, strength: 1, repeats: 1, stop: 0 }) },
      },
      'guidance.settings: gave a promise',
    ],
  ])('is painted with no plugin that gives promises where nobody waits: %#', async (parts, message) => {
    const plugin: Plugin = { name: 'late', pluginVersion: 1, ...parts };
    const pipe = createPipeline(await loadModel(model(), [plugin]), {
      backend: referenceBackend(),
      plugins: [plugin],
    });
    const textless = { steps: 1, width: 8, height: 8, guidanceScale: 1 };
    await expect(pipe.generate({ prompt: 'a', objects: [] }, textless)).rejects.toThrow(
      `plugin late: ${message}`,
    );
    await pipe.dispose();
  });

  it('has the scheduler of its index, whatever class the config names, as in Python', async () => {
    const path = 'scheduler/scheduler_config.json';
    const { _class_name: known, ...fields } = fixtureJson('diffusers-sd1/scheduler_config.json');
    const index = {
      _class_name: 'StableDiffusionPipeline',
      ...components,
      scheduler: ['diffusers', 'EulerDiscreteScheduler'],
    };
    const unnamed = await load({ [path]: fields, 'model_index.json': index });
    expect(unnamed.schedulerConfig).toEqual({ ...fields, _class_name: 'EulerDiscreteScheduler' });
    const named = await load({ 'model_index.json': index });
    expect(named.schedulerConfig._class_name).toBe(known);
    expect(named.defaults.scheduler).toBe('EulerDiscreteScheduler');
    const settings = { 'spatiallock.json': { scheduler: 'ddim' } };
    expect((await load({ ...settings, 'model_index.json': index })).defaults.scheduler).toBe('ddim');
    const unclassed = { 'spatiallock.json': { scheduler: { timestep_spacing: 'trailing' } } };
    expect((await load({ ...unclassed, 'model_index.json': index })).defaults.scheduler).toEqual({
      ...{ _class_name: 'EulerDiscreteScheduler', timestep_spacing: 'trailing' },
    });
    expect((await load(unclassed)).defaults.scheduler).toEqual({ timestep_spacing: 'trailing' });
    expect((await load({})).defaults.scheduler).toBeUndefined();
    const strange = { ...index, scheduler: ['diffusers', 'MineScheduler'] };
    expect((await load({ 'model_index.json': strange })).defaults.scheduler).toBeUndefined();
  });

  it('refuses texts with tokens that its text encoder has no row for', async () => {
    const files = model({ 'tokenizer/added_tokens.json': { '<far>': 600, '<last>': 597 } });
    const pipe = createPipeline(await loadModel(files, []), { backend: referenceBackend() });
    await expect(pipe.generate({ prompt: 'a <far>', objects: [] }, { steps: 1 })).rejects.toThrow(
      'tokenizer: a text has the token 600, and the text encoder knows 0..599 (vocab_size in text_encoder/config.json)',
    );
    const textless = { steps: 1, width: 8, height: 8, guidanceScale: 1 };
    const { latents } = await pipe.generate({ prompt: 'a <last>', objects: [] }, textless);
    expect(latents.data.every(Number.isFinite)).toBe(true);
    await pipe.dispose();
  });

  it('says what it recommends, and is called as it says', async () => {
    const { defaults, name, words } = await load({
      'spatiallock.json': { name: 'mine', steps: 9, guidanceScale: 2 },
      'tokenizer/words.json': ['a', 'dog'],
    });
    expect({ name, words }).toEqual({ name: 'mine', words: ['a', 'dog'] });
    expect(defaults).toMatchObject({ steps: 9, guidanceScale: 2 });
    expect(defaults.generator).toBeUndefined();
  });

  it.each<[string, Record<string, unknown>, string]>([
    [
      'text of another width',
      { 'unet/config.json': { ...config('unet'), cross_attention_dim: 16 } },
      "unet/config.json: cross_attention_dim (16) must be the text encoder's hidden_size (32)",
    ],
    [
      'rows longer than the text encoder reads',
      { 'text_encoder/config.json': { ...config('text_encoder'), max_position_embeddings: 40 } },
      'tokenizer/tokenizer_config.json: model_max_length (77)',
    ],
    [
      'latents of other channels coming in',
      { 'unet/config.json': { ...config('unet'), in_channels: 8 } },
      'unet/config.json: in_channels and out_channels (8, 4)',
    ],
    [
      'latents of other channels going out',
      { 'unet/config.json': { ...config('unet'), out_channels: 8 } },
      'unet/config.json: in_channels and out_channels (4, 8)',
    ],
    [
      'no unet',
      { 'model_index.json': { _class_name: 'StableDiffusionPipeline', ...components, unet: [null, null] } },
      'model_index.json: unet is missing',
    ],
    [
      'a unet of another kind',
      {
        'model_index.json': {
          _class_name: 'Flux',
          ...components,
          unet: ['diffusers', 'FluxTransformer2DModel'],
        },
      },
      'model_index.json: unet is "FluxTransformer2DModel"; known are UNet2DConditionModel',
    ],
    ...(
      [
        ['StableDiffusionXLPipeline', 'Stable Diffusion XL'],
        ['StableDiffusionXLInpaintPipeline', 'Stable Diffusion XL'],
        ['StableDiffusion3Pipeline', 'Stable Diffusion 3'],
        ['FluxPipeline', 'FLUX'],
        ['OnnxStableDiffusionPipeline', 'an ONNX export'],
        ['ORTStableDiffusionPipeline', 'an ONNX export'],
      ] as const
    ).map(([_class_name, family]): [string, Record<string, unknown>, string] => [
      `the class ${_class_name}`,
      { 'model_index.json': { _class_name, ...components } },
      `model_index.json: this is ${family} (${_class_name}), which is not supported`,
    ]),
    [
      'components of ONNX',
      {
        'model_index.json': {
          _class_name: 'StableDiffusionPipeline',
          ...components,
          unet: ['diffusers', 'OnnxRuntimeModel'],
        },
      },
      'this is an ONNX export',
    ],
    [
      'a unet wider than its weights',
      { 'unet/config.json': { ...config('unet'), block_out_channels: [16, 16_000] } },
      'unet: block_out_channels[1] is 16000 in the config, but down_blocks.1.resnets.0.conv1.weight is [32, ',
    ],
    [
      'a text encoder of more tokens than its weights',
      { 'text_encoder/config.json': { ...config('text_encoder'), vocab_size: 900_000 } },
      'text_encoder: vocab_size is 900000 in the config, but text_model.embeddings.token_embedding.weight is [',
    ],
    [
      'an autoencoder wider than its weights',
      { 'vae/config.json': { ...config('vae'), block_out_channels: [8, 16_384] } },
      'vae: block_out_channels[1] is 16384 in the config, but decoder.conv_in.weight is [',
    ],
    [
      'more layers than its weights',
      { 'text_encoder/config.json': { ...config('text_encoder'), num_hidden_layers: 128 } },
      'text_encoder: the config asks for at least 128 layers',
    ],
    ['no words in its list', { 'tokenizer/words.json': [] }, 'tokenizer/words.json: must be a list of words'],
    [
      'words that are numbers',
      { 'tokenizer/words.json': ['a', 1] },
      'tokenizer/words.json: must be a list of words',
    ],
    [
      'words that are a text',
      { 'tokenizer/words.json': 'a dog' },
      'tokenizer/words.json: must be a list of words',
    ],
  ])('is refused with %s', async (_, json, message) => {
    await expect(load(json)).rejects.toThrow(message);
  });

  it('takes a text encoder without the prefix text_model', async () => {
    const source = model();
    const weights = await readWeights(source, 'text_encoder');
    const bare = Object.entries(weights).map(
      ([name, each]) => [name.replace('text_model.', ''), each] as const,
    );
    const bytes = writeSafetensors(Object.fromEntries(bare));
    const read = async (path: string) =>
      path === 'text_encoder/diffusion_pytorch_model.safetensors' ? bytes : source.read(path);
    const { textEncoder } = await loadModel({ read }, []);
    expect(Object.keys(textEncoder.params).sort()).toEqual(Object.keys(weights).sort());
  });

  it.each([
    ['unet/diffusion_pytorch_model.bin', 'is a pickle'],
    ['unet/diffusion_pytorch_model.fp16.bin', 'convert the folder with Python: python -c'],
    ['unet/model.onnx', 'is an ONNX export'],
  ])('says what %s is where there are no weights that can be read', async (path, message) => {
    const source = model();
    const read = async (asked: string) => {
      if (asked === path) return new Uint8Array(4);
      return asked.startsWith('unet/') && asked.endsWith('.safetensors') ? undefined : source.read(asked);
    };
    await expect(loadModel({ read }, [])).rejects.toThrow(`${path}: `);
    await expect(loadModel({ read }, [])).rejects.toThrow(message);
  });

  it('that is grounded by pictures is refused where a plugin grounds objects', async () => {
    const files = model({ 'unet/config.json': { ...config('unet'), attention_type: 'gated-text-image' } });
    const plugin = { name: 'boxes', pluginVersion: 1 as const, groundsObjects: true };
    await expect(loadModel(files, [plugin])).rejects.toThrow(
      'attention_type is gated-text-image: grounded by text and pictures',
    );
    expect((await loadModel(files, [])).unet.config.attention_type).toBe('gated-text-image');
  });

  it('has no words where there is no list', async () => {
    expect(await readWords(model())).toBeUndefined();
    const declared = { version: 1, vocabulary: 'words/mine.json' };
    await expect(loadModel(model({ 'spatiallock.json': declared }), [])).rejects.toThrow(
      'spatiallock.json: vocabulary: there is no words/mine.json in the model directory',
    );
    const files = model({ 'spatiallock.json': declared, 'words/mine.json': ['dog'] });
    expect((await loadModel(files, [])).words).toEqual(['dog']);
  });
});

describe('options of a pipeline', () => {
  const backend = referenceBackend();
  const plugin = { name: 'mine', pluginVersion: 1 as const };

  it('are checked by name', () => {
    expect(() => checkPipelineOptions({ backend, plugins: [plugin], name: 'x' })).not.toThrow();
    expect(() => checkPipelineOptions({ backend, signal: 1 }, ['signal'])).not.toThrow();
  });

  it.each<[object, string]>([
    [{ backend, plugin }, 'options: "plugin" is not known; did you mean plugins?'],
    [{}, 'options.backend: must be a backend'],
    [{ backend: null }, 'options.backend: must be a backend'],
    [{ backend: { compile: true } }, 'options.backend: must be a backend'],
    [{ backend, plugins: plugin }, 'options.plugins: must be a list'],
    [
      { backend, plugins: [plugin, plugin] },
      'options.plugins[0] and options.plugins[1]: both are named "mine"',
    ],
    [{ backend, onProgress: true }, 'options.onProgress: must be'],
    [{ backend, name: 7 }, 'options.name: must be text, not 7'],
  ])('are refused: %j', (given, message) => {
    expect(() => checkPipelineOptions(given)).toThrow(message);
  });
});

describe('a written tokenizer', () => {
  const readBack = (options: object) => {
    const files = clipTokenizerFiles({ vocab, merges: [], ...options });
    return readClipTokenizer({ read: async (path) => files[path.replace('tokenizer/', '')] });
  };

  it('keeps its special tokens, which are the end token by default', async () => {
    expect(await readBack({})).toMatchObject({ startId: 598, endId: 599, padId: 599, unknownId: 599 });
    expect(await readBack({ padToken: '!' })).toMatchObject({ padId: 100, unknownId: 599 });
    expect(await readBack({ unknownToken: '!', maxLength: 9 })).toMatchObject({
      maxLength: 9,
      padId: 599,
      unknownId: 100,
    });
  });
});

describe('the longest row of a tokenizer', () => {
  const read = (model_max_length: unknown, ids: object = vocab) => {
    const written = clipTokenizerFiles({ vocab: { ...vocab, ...ids }, merges: [] });
    const files = { ...written, 'tokenizer_config.json': bytesOf({ model_max_length }) };
    return readClipTokenizer({
      read: async (path) => files[path.replace('tokenizer/', '') as keyof typeof files],
    });
  };

  it('is 77 where the file knows no limit, and as the file says up to 8192', async () => {
    expect((await read(1e30)).maxLength).toBe(77);
    expect((await read(null)).maxLength).toBe(77);
    expect((await read(8192)).maxLength).toBe(8192);
    await expect(read(8193)).rejects.toThrow(
      'tokenizer_config.json: model_max_length must be at most 8192, not 8193',
    );
    await expect(read('77')).rejects.toThrow('tokenizer_config.json: model_max_length must be a number');
  });

  it('takes no id beyond int32', async () => {
    expect((await read(77, { '!': 2 ** 31 - 1 })).encode('!')).toEqual([599]);
    await expect(read(77, { '!': 2 ** 31 })).rejects.toThrow(
      'vocab.json: "!" must have a whole number in 0..2147483647',
    );
  });
});

describe('watched files', () => {
  const disk: FileOnDisk = { path: '/disk/a', size: 12, read: () => new Uint8Array(0) };
  const source: FileSource = {
    read: async (path) => (path === 'a' ? new Uint8Array(3) : undefined),
    exists: async (path) => path === 'a',
    onDisk: async (path) => (path === 'a' ? disk : undefined),
  };

  it('are reported once they are read or opened, and not where there are none', async () => {
    const reported: PipelineProgress[] = [];
    const files = watchedFiles(source, (progress) => reported.push(progress));
    expect(await files.read('a')).toHaveLength(3);
    expect(await files.read('b')).toBeUndefined();
    expect(await files.onDisk?.('a')).toBe(disk);
    expect(await files.onDisk?.('b')).toBeUndefined();
    expect([await files.exists?.('a'), await files.exists?.('b')]).toEqual([true, false]);
    expect(reported).toEqual([
      { type: 'file', path: 'a', bytes: 3 },
      { type: 'file', path: 'a', bytes: 12 },
    ]);
  });

  it('cannot do more than their source', () => {
    expect(Object.keys(watchedFiles({ read: source.read }))).toEqual(['read']);
  });

  it('have the weights of their source', async () => {
    const x = { x: tensor([1], [1]) };
    const weights = async (component: string) => (component === 'unet' ? x : undefined);
    const files = watchedFiles({ ...source, weights });
    expect(await readWeights(files, 'unet')).toBe(x);
    await expect(readWeights(files, 'vae')).rejects.toThrow('vae: no weights found');
  });

  it('are not read once it is cancelled', async () => {
    const files = watchedFiles(source, undefined, AbortSignal.abort(new Error('cancelled')));
    await expect(files.read('a')).rejects.toThrow('cancelled');
    await expect(files.onDisk?.('a')).rejects.toThrow('cancelled');
  });
});

describe('pictures', () => {
  it('are bytes by pixel and channel, rows from the top, clamped', () => {
    const planes = [-1, 1, 0, 0.5, -3, 3].flatMap((value, i) => (i < 3 ? [value, value] : [value, -value]));
    const images = imagesOf(tensor(planes.slice(0, 12), [1, 3, 2, 2]));
    const plane = (channel: number) => planes.slice(4 * channel, 4 * channel + 4);
    const byte = (value: number) => new Uint8ClampedArray([(value + 1) * 127.5])[0];
    const expected = [0, 1, 2, 3].flatMap((pixel) => [0, 1, 2].map((channel) => byte(plane(channel)[pixel])));
    expect(images).toHaveLength(1);
    expect(images[0]).toMatchObject({ width: 2, height: 2, channels: 3 });
    expect(Array.from(images[0].data)).toEqual(expected);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])(
    'are refused with %d in them',
    (value) => {
      expect(() => imagesOf(tensor([0, 0, value], [1, 3, 1, 1]))).toThrow('image: the decoder gave NaN');
    },
  );

  it('are of three channels', () => {
    expect(() => imagesOf(tensor([0, 0], [1, 2, 1, 1]))).toThrow('image: must be [N, 3, height, width]');
  });
});
