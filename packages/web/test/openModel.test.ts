// What visitors give, opened as models: folders, files, add-ons, addresses.

import { readFileSync } from 'node:fs';
import { referenceBackend, type Tensors, tensor } from '@spatiallock/core';
import { writeSafetensors } from '@spatiallock/core/io';
import { loadPlugin } from '@spatiallock/core/modules';
import { loadModel } from '@spatiallock/core/pipeline';
import { fixtureModel, modelFiles } from '@spatiallock/testing';
import { addonTensors, components, standardTensors } from '@spatiallock/testing/original';
import { afterAll, describe, expect, it } from 'vitest';
import {
  type ModelGiven,
  modelAddress,
  type OpenBlob,
  type OpenModelOptions,
  openModel,
  type PickedFile,
  placingModules,
  placingOf,
  remoteSource,
} from '../src/index.js';
import { fileServer, memoryStore, sha256 } from './support.js';

const contents = new WeakMap<Blob, Uint8Array>();
/** Node's blobs cannot be read at once. */
const open: OpenBlob = (blob) => {
  const bytes = contents.get(blob)!;
  return { size: bytes.byteLength, read: (offset, length) => bytes.slice(offset, offset + length) };
};
const merges = new URL(import.meta.resolve('@spatiallock/checkpoints/assets/clip-merges.txt'));
const options: OpenModelOptions = { open, clipMerges: async () => readFileSync(merges, 'utf8') };

function picked(path: string, content: Uint8Array | string): PickedFile {
  const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
  const blob = new Blob([Uint8Array.from(bytes)]);
  contents.set(blob, bytes);
  return { path, blob };
}

const base = fixtureModel();
const folder = await Promise.all(
  modelFiles.map(async (path) => picked(`my-model/${path}`, (await base.read(path))!)),
);
const plainUNet: Tensors = Object.fromEntries(
  Object.entries(components.unet!).filter(([name]) => !/(^|\.)(position_net|fuser)\./.test(name)),
);
const plain: PickedFile[] = folder.map((file) => {
  if (file.path === 'my-model/unet/diffusion_pytorch_model.safetensors')
    return picked(file.path, writeSafetensors(plainUNet));
  if (file.path !== 'my-model/unet/config.json') return file;
  const config = JSON.parse(new TextDecoder().decode(contents.get(file.blob)));
  return picked(file.path, JSON.stringify({ ...config, attention_type: 'default' }));
});
const addon = picked('grounding.safetensors', writeSafetensors(addonTensors));
const opened = (given: ModelGiven['model'], added?: readonly PickedFile[]) =>
  openModel({ model: given, ...(added ? { added } : {}) }, options);

describe('a folder', () => {
  it('is opened below its own name, its weights left where they are', async () => {
    const { name, files, description } = await opened(folder);
    expect(name).toBe('my-model');
    expect(description).toMatchObject({
      use: 'boxes',
      title: expect.stringContaining('with grounding layers'),
    });
    expect(description.parts.map((part) => part.name)).toEqual(['text_encoder', 'unet', 'vae']);
    const { unet } = await loadModel(files, []);
    const [weight] = Object.values(unet.params);
    expect(weight!.place).toEqual({ offset: expect.any(Number), length: expect.any(Number) });
    expect(await placingOf(files)).toMatchObject({ by: 'layers', missing: [] });
  });

  it('with a cut file is refused by the name of that file, whichever it is', async () => {
    for (const cut of folder.filter(({ path }) => path.endsWith('.safetensors'))) {
      const hurt = folder.map((file) =>
        file === cut ? picked(file.path, contents.get(file.blob)!.subarray(0, 100)) : file,
      );
      const path = cut.path.slice('my-model/'.length).replaceAll('.', '\\.');
      await expect(opened(hurt).then(({ files }) => placingOf(files))).rejects.toThrow(
        new RegExp(`^(my-model: )?${path}: safetensors: the header has`),
      );
    }
  });

  it('without grounding layers is placed by attention, and takes layers from a file', async () => {
    const { files } = await opened(plain);
    const placing = await placingOf(files);
    expect(placing.by).toBe('attention');
    expect((await loadPlugin(placing.plugin, placingModules)).name).toBe('attentionGuidance');
    const grounded = await opened(plain, [addon]);
    expect(grounded.added).toEqual(["grounding.safetensors: GLIGEN's grounding layers"]);
    const { by, plugin } = await placingOf(grounded.files);
    expect(by).toBe('layers');
    const definition = await loadPlugin(plugin, placingModules);
    expect(definition.name).toBe('poi');
    const { unet } = await loadModel(grounded.files, []);
    expect(Object.keys(unet.params)).toHaveLength(Object.keys(components.unet!).length);
  });

  it('takes an autoencoder and words', async () => {
    const vae = picked('small.safetensors', writeSafetensors(components.vae!));
    const word = picked(
      'my-cat.safetensors',
      writeSafetensors({ emb_params: tensor(new Float32Array(64), [2, 32]) }),
    );
    // The config of a VAE of 16 channels cannot be derived from its file.
    await expect(opened(folder, [vae])).rejects.toThrow(
      /layers of 16, 32 channels are not those of Stable Diffusion/,
    );
    const { tokenizer } = await loadModel((await opened(folder, [word])).files, []);
    expect(tokenizer.encode('my-cat')).toEqual([600, 601]);
  });

  it('takes no LoRA, which is a plugin', async () => {
    const one = tensor([1], [1, 1]);
    const style = picked('style.safetensors', writeSafetensors({ 'lora_unet_x.lora_down.weight': one }));
    await expect(opened(folder, [style])).rejects.toThrow(
      'style.safetensors: is a LoRA; give it to the pipeline, as a plugin',
    );
  });
});

describe('single files', () => {
  const single = picked('dream.safetensors', writeSafetensors(standardTensors()));

  it('are opened with the tokenizer of CLIP, and with what was picked along', async () => {
    const { name, files, description } = await opened([single]);
    expect([name, description.use]).toEqual(['dream', 'prompts']);
    const { tokenizer, unet, defaults } = await loadModel(files, []);
    expect(tokenizer.encode('a dog')).toEqual([320, 1929]);
    expect(unet.config.block_out_channels).toEqual([32, 64]);
    expect(defaults.generator).toBe('torch');
    const yaml = picked('dream.yaml', 'model:\n  params:\n    parameterization: "v"\n');
    expect((await loadModel((await opened([single, yaml])).files, [])).schedulerConfig.prediction_type).toBe(
      'v_prediction',
    );
  });

  it.each<readonly [string, readonly PickedFile[], string | RegExp]>([
    ['nothing', [], 'there is no model in what was picked; pick a folder with model_index.json'],
    ['a text', [picked('a.txt', 'x')], 'a.txt: is no model; pick a folder'],
    ['a pickle', [picked('v1.ckpt', 'PK')], /^v1\.ckpt: is a pickle, .*convert it with Python: python -c/],
    [
      'a renamed pickle',
      [picked('v1.safetensors', 'PK\u0003\u0004 and more')],
      /^v1\.safetensors: is a pickle/,
    ],
    ['an ONNX folder', [picked('m/unet/model.onnx', 'x')], 'm/unet/model.onnx: is an ONNX export'],
    [
      'one component',
      [picked('unet/config.json', '{"_class_name": "UNet2DConditionModel"}')],
      'unet/config.json: this is one component (UNet2DConditionModel); pick the folder above it',
    ],
    [
      'an add-on alone',
      [addon],
      "grounding.safetensors: is GLIGEN's grounding layers, which is laid over a model",
    ],
    [
      'a LoRA',
      [
        picked(
          'style.safetensors',
          writeSafetensors({ 'lora_unet_x.lora_down.weight': tensor([1], [1, 1]) }),
        ),
      ],
      'style.safetensors: is a LoRA, which is laid over a model and is none; open a model',
    ],
    [
      'two models',
      [single, { ...single, path: 'b.safetensors' }],
      'dream.safetensors, b.safetensors: are several models',
    ],
    [
      'a cut file',
      [picked('cut.safetensors', writeSafetensors({ x: tensor([1, 2], [2]) }).subarray(0, 20))],
      /^cut\.safetensors: safetensors: the header has/,
    ],
  ])('are refused in one line where they are %s', async (_, files, message) => {
    await expect(opened(files)).rejects.toThrow(message);
  });

  it('names the class of a folder of another family', async () => {
    const index = JSON.stringify({
      _class_name: 'StableDiffusionXLPipeline',
      unet: ['diffusers', 'UNet2DConditionModel'],
    });
    await expect(opened([picked('xl/model_index.json', index)])).rejects.toThrow(
      'xl: is Stable Diffusion XL, which is not supported',
    );
  });
});

describe('an address', async () => {
  const files: Record<string, Uint8Array> = {};
  for (const path of modelFiles) files[`models/mine/${path}`] = (await base.read(path))!;
  files['one.safetensors'] = writeSafetensors(standardTensors());
  const server = await fileServer(files);
  afterAll(() => server.close());
  const store = memoryStore();
  const read = async (name: string): Promise<Uint8Array> =>
    new Uint8Array(await (await store.blob(name))!.arrayBuffer());
  /** Blobs of the store are new ones each time. */
  const openStored: OpenBlob = (blob) => {
    const bytes = [...store.files.values()].find(({ byteLength }) => byteLength === blob.size)!;
    return { size: blob.size, read: (offset, length) => bytes.slice(offset, offset + length) };
  };

  it('of a folder is opened, its weights kept and not asked for again', async () => {
    const reported = new Set<string>();
    const given = { ...options, store, open: openStored, onDownload: (path: string) => reported.add(path) };
    for (const asked of [true, false]) {
      server.requests.length = 0;
      const {
        name,
        files: source,
        description,
      } = await openModel({ model: `${server.origin}/models/mine/` }, given);
      expect([name, description.use]).toEqual(['models/mine', 'boxes']);
      const { unet } = await loadModel(source, []);
      expect(Object.keys(unet.params)).toHaveLength(Object.keys(components.unet!).length);
      expect(server.requests.some((each) => /\.safetensors( |$)/.test(each))).toBe(asked);
    }
    expect([...reported]).toContain('unet/diffusion_pytorch_model.safetensors');
    const [first] = await store.list();
    expect((await read(first!.name)).byteLength).toBe(first!.size);
  });

  it('is opened again without asking the server, where that is preferred, and what is damaged is asked for again', async () => {
    const own = memoryStore();
    const openOwn: OpenBlob = (blob) => {
      const bytes = [...own.files.values()].find(({ byteLength }) => byteLength === blob.size)!;
      return { size: blob.size, read: (offset, length) => bytes.slice(offset, offset + length) };
    };
    const asked: string[] = [];
    let isOffline = false;
    const fetch: typeof globalThis.fetch = async (url, init) => {
      if (isOffline) throw new TypeError('offline');
      asked.push(String(url).replace(`${server.origin}/`, ''));
      return globalThis.fetch(url, init);
    };
    const read = async (model: string, preferKept: boolean): Promise<string> => {
      const given = { ...options, fetch, store: own, open: openOwn, preferKept };
      const { name, files: source, description } = await openModel({ model }, given);
      if (description.use === 'boxes') await loadModel(source, []);
      return name;
    };
    const folderAddress = `${server.origin}/models/mine`;
    const fileAddress = `${server.origin}/one.safetensors`;
    for (const address of [folderAddress, fileAddress]) await read(address, false);
    expect(asked.length).toBeGreaterThan(5);
    isOffline = true;
    expect(await read(folderAddress, true)).toBe('models/mine');
    expect(await read(fileAddress, true)).toBe('one');
    await expect(read(folderAddress, false)).rejects.toThrow(/model_index\.json: no answer/);
    isOffline = false;
    // Settings are asked for anew where that is not preferred.
    asked.length = 0;
    await read(folderAddress, false);
    expect(asked).toContain('models/mine/model_index.json');
    asked.length = 0;
    const nameOf = (path: string) => sha256(new TextEncoder().encode(`${folderAddress}/${path}`));
    const weights = 'unet/diffusion_pytorch_model.safetensors';
    for (const name of [`${nameOf('model_index.json')}.answer.json`, nameOf(weights)]) {
      const bytes = own.files.get(name)!;
      bytes[bytes.length - 1]! ^= 1;
    }
    await read(folderAddress, true);
    expect([...new Set(asked)].sort()).toEqual(['models/mine/model_index.json', `models/mine/${weights}`]);
  });

  it('is opened also where what was answered cannot be kept', async () => {
    const full = memoryStore();
    const given = { ...options, store: full, preferKept: true, open: openStored };
    full.open = async () => {
      throw new DOMException('full', 'QuotaExceededError');
    };
    const { files: source } = await openModel({ model: `${server.origin}/models/mine` }, given).catch(
      (cause: Error) => ({ files: cause.message }),
    );
    // Weights are what has to be kept.
    expect(source).toMatch(/\.safetensors: the browser's storage is full/);
  });

  it('of a file is opened', async () => {
    const given = { ...options, store, open: openStored };
    const { name } = await openModel({ model: `${server.origin}/one.safetensors` }, given);
    expect(name).toBe('one');
    await expect(openModel({ model: `${server.origin}/two.safetensors` }, given)).rejects.toThrow(
      'two.safetensors: there is no such file; check the address',
    );
    await expect(openModel({ model: `${server.origin}/models` }, given)).rejects.toThrow(
      'models: there is no model_index.json below it',
    );
  });

  it.each([
    ['https://huggingface.co/owner/name', 'https://huggingface.co/owner/name/resolve/main'],
    ['https://huggingface.co/owner/name/tree/fp16/', 'https://huggingface.co/owner/name/resolve/fp16'],
    [
      'https://huggingface.co/owner/name/blob/main/a.safetensors',
      'https://huggingface.co/owner/name/resolve/main/a.safetensors',
    ],
    ['https://example.com/models/', 'https://example.com/models'],
  ])('%s is that of files', (given, address) => {
    expect(modelAddress(given)).toBe(address);
  });

  it.each(['', 'models/mine', 'file:///etc/passwd', 'javascript:alert(1)'])('%s is refused', (given) => {
    expect(() => modelAddress(given)).toThrow('give an address that begins with https://');
  });
});

it('a model of a page paints with its boxes held', async () => {
  const { createPipeline } = await import('@spatiallock/core');
  const { openPlugin, pluginContext } = await import('@spatiallock/core/modules');
  const { files } = await opened(folder);
  const { plugin: declared } = await placingOf(files);
  const backend = referenceBackend();
  const context = pluginContext({ detectors: {} }, { files, backend, modules: placingModules });
  const definition = await loadPlugin(declared, placingModules);
  const plugin = await openPlugin(definition, declared, context, placingModules);
  const pipe = createPipeline(await loadModel(files, [plugin]), { backend, plugins: [plugin] });
  expect(() => pipe.check({ prompt: 'a', objects: [{ phrase: 'b', box: [0, 0, 1, 1] }] })).not.toThrow();
});

describe('an address that is asked for', () => {
  it('may have any percent sign in it, and slashes behind its question mark', async () => {
    const store = memoryStore();
    const fetch = async () => new Response(null, { status: 404 });
    for (const name of ['100%.safetensors', 'a.safetensors?folder=x/y']) {
      const asked = openModel({ model: `https://a.test/${name}` }, { ...options, store, fetch });
      await expect(asked).rejects.toThrow(`https://a.test/${name}: there is no such file; check the address`);
    }
  });

  it('hears an abort while a small file is on its way, and takes none from the HTTP cache unasked', async () => {
    const controller = new AbortController();
    const caches: (string | undefined)[] = [];
    const fetch = (_: string, init?: RequestInit) =>
      new Promise<Response>((_, reject) => {
        caches.push(init?.cache);
        init?.signal?.addEventListener('abort', () => reject(init.signal!.reason));
        controller.abort();
      });
    const { signal } = controller;
    const files = remoteSource('https://a.test/model', { store: memoryStore(), fetch, signal });
    await expect(files.read('model_index.json')).rejects.toMatchObject({ name: 'AbortError' });
    expect(caches).toEqual(['no-cache']);
  }, 3000);
});
