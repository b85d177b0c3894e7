// Where models come from, on a disk: folders, single files, caches, and what is laid over them.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { groundingOf, openCheckpoint, singleFileSource } from '@spatiallock/checkpoints';
import { referenceBackend, tensor } from '@spatiallock/core';
import { readComponentConfig, readWeights, writeSafetensors } from '@spatiallock/core/io';
import { loadModel } from '@spatiallock/core/pipeline';
import { addonTensors, base, components, modelTensors } from '@spatiallock/testing/original';
import { afterAll, describe, expect, it } from 'vitest';
import { fromPretrained, fromSingleFile, inspectModel, modelSource } from '../src/index.js';

const folder = mkdtempSync(join(tmpdir(), 'source-'));
afterAll(() => rmSync(folder, { recursive: true }));

function write(path: string, content: Uint8Array | string): string {
  const whole = join(folder, path);
  mkdirSync(dirname(whole), { recursive: true });
  writeFileSync(whole, content);
  return whole;
}

const FILES = [
  ...['model_index.json', 'scheduler/scheduler_config.json', 'unet/config.json', 'vae/config.json'],
  ...['text_encoder/config.json', 'tokenizer/vocab.json', 'tokenizer/merges.txt'],
  ...['tokenizer/tokenizer_config.json', 'tokenizer/special_tokens_map.json'],
];
async function writeConfigs(into: string): Promise<string> {
  for (const path of FILES) write(`${into}/${path}`, (await base.read(path))!);
  return join(folder, into);
}
const config = await writeConfigs('config');
const whole = await writeConfigs('whole');
for (const [name, file] of [
  ['unet', 'diffusion_pytorch_model'],
  ['vae', 'diffusion_pytorch_model'],
  ['text_encoder', 'model'],
] as const) {
  write(`whole/${name}/${file}.safetensors`, writeSafetensors(components[name]!));
}
const single = write('v1-5.safetensors', writeSafetensors(modelTensors));
const addon = write('gligen.safetensors', writeSafetensors(addonTensors));
const embedding = write(
  'my-cat.safetensors',
  writeSafetensors({ emb_params: tensor(new Float32Array(64), [2, 32]) }),
);

describe('a model', () => {
  it('is a folder, a single file, or a folder of the cache', async () => {
    expect(await modelSource(whole)).toMatchObject({ name: 'whole', places: [whole] });
    expect(await modelSource(single, { config })).toMatchObject({ name: 'v1-5', places: [single] });
    const cache = join(folder, 'models--owner--name');
    write('models--owner--name/refs/main', 'abc');
    write('models--owner--name/snapshots/abc/model_index.json', '{}');
    expect(await modelSource(cache)).toMatchObject({
      name: 'owner/name',
      places: [join(cache, 'snapshots', 'abc')],
    });
  });

  it('of the cache is read in the asked variant, where others lie beside it', async () => {
    const place = 'models--owner--forms/snapshots/abc';
    write('models--owner--forms/refs/main', 'abc');
    for (const path of FILES) write(`${place}/${path}`, (await base.read(path))!);
    const forms = { '': 1, '.non_ema': 2, '.bf16': 3 };
    for (const [form, value] of Object.entries(forms)) {
      const bytes = writeSafetensors({ x: tensor([value], [1]) });
      write(`${place}/unet/diffusion_pytorch_model${form}.safetensors`, bytes);
    }
    write(`${place}/vae/diffusion_pytorch_model.safetensors`, writeSafetensors({ x: tensor([7], [1]) }));
    const cache = join(folder, 'models--owner--forms');
    const read = async (component: string, variant?: string) => {
      const { files } = await modelSource(cache, variant === undefined ? {} : { variant });
      return (await readWeights(files, component)).x!.data[0];
    };
    expect(await read('unet')).toBe(1);
    expect([await read('unet', 'non_ema'), await read('unet', 'bf16')]).toEqual([2, 3]);
    expect(await read('vae', 'bf16')).toBe(7);
    const { parts } = await inspectModel(cache, { variant: 'non_ema' });
    expect(parts.map(({ name, parameters }) => [name, parameters])).toEqual([
      ['unet', 1],
      ['vae', 1],
    ]);
  });

  it('keeps the tensors of two files where they lie', async () => {
    const { files } = await modelSource(single, { config, grounding: addon });
    const paths = Object.values(await readWeights(files, 'unet')).map(({ place }) => place?.path);
    expect(new Set(paths)).toEqual(new Set([single, addon]));
    expect(await groundingOf(files)).toBe('gated');
  });

  it('takes an autoencoder from a folder, a model or a file, and words from files', async () => {
    const alone = write('vae/diffusion_pytorch_model.safetensors', writeSafetensors(components.vae!));
    write('vae/config.json', (await base.read('vae/config.json'))!);
    for (const vae of [whole, dirname(alone), alone]) {
      const { files, places } = await modelSource(single, { config, vae, embeddings: [embedding] });
      const { tokenizer, vae: loaded } = await loadModel(files, []);
      expect(tokenizer.encode('my-cat')).toEqual([600, 601]);
      expect(Object.keys(loaded.params)).toHaveLength(Object.keys(components.vae!).length);
      expect(places).toEqual([single, vae, embedding]);
    }
  });

  it('reads what the network predicts from the .yaml beside it', async () => {
    const path = write('velocity.safetensors', writeSafetensors(modelTensors));
    write('velocity.yaml', 'model:\n  params:\n    parameterization: "v"\n');
    const scheduler = async (options: object) =>
      (await readComponentConfig((await modelSource(path, options)).files, 'scheduler')).prediction_type;
    expect(await scheduler({})).toBe('v_prediction');
    expect(await scheduler({ prediction: 'epsilon' })).toBe('epsilon');
  });

  it('says whether it holds objects to their boxes', async () => {
    expect(await groundingOf((await modelSource(whole)).files)).toBe('gated');
    const plain = { ...(await readComponentConfig(base, 'unet')), attention_type: 'default' };
    const bare = {
      read: async (path: string) =>
        path === 'unet/config.json' ? new TextEncoder().encode(JSON.stringify(plain)) : undefined,
    };
    expect(await groundingOf(bare)).toBe('none');
    expect(await groundingOf({ read: async () => undefined })).toBe('none');
    // The names tell it where the config does not.
    write('whole/unet/config.json', JSON.stringify(plain));
    expect(await groundingOf((await modelSource(whole)).files)).toBe('gated');
  });

  it.each([
    [
      'nowhere',
      {},
      'there is no such file or folder; give the path of a model, or its id on the hub, owner/name',
    ],
    ['whole', { tokenizer: config }, 'options.tokenizer: belongs to a single file'],
    ['whole/unet', {}, 'model_index.json is missing; this is one component (UNet2DConditionModel)'],
    ['v1-5.safetensors', { config: 'nowhere' }, 'options.config: there is no folder nowhere'],
    ['v1-5.safetensors', { config, vae: 'none.safetensors' }, 'none.safetensors: there is no such file'],
    ['gligen.safetensors', {}, "is GLIGEN's grounding layers; give a Stable Diffusion 1.x or 2.x model"],
  ])('%s with %j is refused', async (path, options, message) => {
    await expect(modelSource(join(folder, path), options)).rejects.toThrow(message);
  });

  it.each([
    ['a.onnx', 'this is an ONNX export, which cannot be opened'],
    ['a.safetensors', 'give one file of it, such as '],
    ['a.ckpt', 'a.ckpt: is a pickle'],
    ['a.txt', "give a model directory in diffusers' layout, or a .safetensors file"],
  ])('a folder with nothing but %s is refused by name', async (name, message) => {
    const path = dirname(write(`lonely-${name}/${name}`, 'x'));
    await expect(modelSource(path)).rejects.toThrow(message);
  });
});

describe('pipelines', () => {
  const backend = referenceBackend();
  const layout = { prompt: 'a', objects: [] };
  const options = { backend, config };

  it('of a single file and of the folder that it was made from paint the same', async () => {
    const sampling = { seed: 3, steps: 1, guidanceScale: 1 };
    const plugins: [] = [];
    const a = await fromSingleFile(single, { ...options, plugins });
    const b = await fromPretrained(whole, { backend, plugins });
    expect([a.name, b.name]).toEqual(['v1-5', 'whole']);
    const [x, y] = [await a.generate(layout, sampling), await b.generate(layout, sampling)];
    expect(x.images[0]!.data).toEqual(y.images[0]!.data);
  });

  it('of single files are refused where the path is another thing', async () => {
    await expect(fromSingleFile(whole, options)).rejects.toThrow(
      `${whole}: is a folder; open it by fromPretrained`,
    );
    await expect(fromSingleFile(join(folder, 'no'), options)).rejects.toThrow('there is no such file');
  });

  it('begin their errors with the model, once', async () => {
    const path = write('x.ckpt', Uint8Array.from([0x50, 0x4b, 3, 4, 0, 0, 0, 0]));
    await expect(fromPretrained(path, { backend })).rejects.toThrow(`${path}: is a pickle`);
    const failed = await fromPretrained(path, { backend }).catch((cause: Error) => cause.message);
    expect(failed!.toString().split(path)).toHaveLength(2);
  });
});

describe('options that nobody reads', () => {
  it.each([
    ['modelSource', () => modelSource('there-is-none', { embedding: ['a'] } as never)],
    ['inspectModel', () => inspectModel('there-is-none', { embedding: ['a'] } as never)],
  ])('are errors of %s, before anything is looked for', async (_, open) => {
    await expect(open()).rejects.toThrow('options: "embedding" is not known; did you mean embeddings?');
  });

  it('are errors of singleFileSource', () => {
    const checkpoint = openCheckpoint(writeSafetensors(modelTensors), 'model');
    expect(() => singleFileSource(checkpoint, { configs: base } as never)).toThrow(
      'options: "configs" is not known; did you mean config?',
    );
  });
});
