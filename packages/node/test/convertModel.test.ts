// Models written as folders in diffusers' layout, and what files and folders are.

import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type Tensors, tensor } from '@spatiallock/core';
import { baseHash, formatAdapter } from '@spatiallock/core/adapters';
import { encodeUtf8, readSafetensorsHeader, readWeights, writeSafetensors } from '@spatiallock/core/io';
import { loadModel } from '@spatiallock/core/pipeline';
import { cosine, fixtureModelFolder } from '@spatiallock/testing';
import { addonTensors, components, modelTensors } from '@spatiallock/testing/original';
import { afterAll, describe, expect, it } from 'vitest';
import { convertModel, directory, inspectModel, modelSource, streamTensors } from '../src/index.js';

const folder = mkdtempSync(join(tmpdir(), 'convert-'));
afterAll(() => rmSync(folder, { recursive: true }));

function write(path: string, content: Uint8Array | string): string {
  const whole = join(folder, path);
  mkdirSync(dirname(whole), { recursive: true });
  writeFileSync(whole, content);
  return whole;
}
const config = await fixtureModelFolder();
const single = write('v1-5.safetensors', writeSafetensors(modelTensors, { license: 'openrail' }));
const addon = write('gligen.safetensors', writeSafetensors(addonTensors));
const word = write(
  'cat.safetensors',
  writeSafetensors({ emb_params: tensor(new Float32Array(32).fill(2), [1, 32]) }),
);
write('style.safetensors', writeSafetensors({ 'lora_unet_x.lora_down.weight': tensor([1, 2], [1, 2]) }));
const laid = { config, grounding: addon, embeddings: [word] };
const headOf = (path: string) => readSafetensorsHeader(new Uint8Array(readFileSync(path)));
const same = (a: Tensors, b: Tensors): boolean =>
  Object.keys(a).length === Object.keys(b).length &&
  Object.entries(a).every(
    ([name, { data }]) =>
      Buffer.compare(
        Buffer.from(data.buffer, data.byteOffset, data.byteLength),
        Buffer.from(b[name]!.data.buffer, b[name]!.data.byteOffset, b[name]!.data.byteLength),
      ) === 0,
  );

describe('a converted model', () => {
  it('holds what its parts held, under the names and classes of diffusers', async () => {
    const out = join(folder, 'whole');
    await convertModel(await modelSource(single, laid), out);
    const files = directory(out);
    expect(same(await readWeights(files, 'unet'), components.unet!)).toBe(true);
    expect(same(await readWeights(files, 'vae'), components.vae!)).toBe(true);
    const index = JSON.parse(readFileSync(join(out, 'model_index.json'), 'utf8'));
    expect(index).toMatchObject({
      _class_name: 'StableDiffusionGLIGENPipeline',
      _diffusers_version: '0.35.0',
      safety_checker: [null, null],
      unet: ['diffusers', 'UNet2DConditionModel'],
    });
    const unet = JSON.parse(readFileSync(join(out, 'unet/config.json'), 'utf8'));
    expect(unet).toMatchObject({ _class_name: 'UNet2DConditionModel', attention_type: 'gated' });
    const { tokenizer, textEncoder } = await loadModel(files, []);
    expect([tokenizer.encode('cat'), textEncoder.config.vocab_size]).toEqual([[600], 601]);
    expect(headOf(join(out, 'unet/diffusion_pytorch_model.safetensors')).metadata).toEqual({
      base: 'v1-5',
      format: 'pt',
      license: 'openrail',
      spatiallock_version: expect.stringMatching(/^\d+\.\d+\.\d+/),
    });
    expect(readdirSync(folder).filter((name) => name.includes('.tmp'))).toEqual([]);
  });

  it('is half as large in half precision, and within its rounding', async () => {
    const out = join(folder, 'half');
    const reported: number[] = [];
    const options = {
      dtype: 'float16',
      license: 'mit',
      onProgress: ({ done, total }: { done: number; total: number }) => reported.push(done / total),
    } as const;
    await convertModel(await modelSource(single, laid), out, options);
    const { entries, metadata } = headOf(join(out, 'unet/diffusion_pytorch_model.safetensors'));
    expect(new Set(Object.values(entries).map(({ dtype }) => dtype))).toEqual(new Set(['F16']));
    expect(metadata.license).toBe('mit');
    const { 'conv_in.weight': read } = await readWeights(directory(out), 'unet', { float32: true });
    const { 'conv_in.weight': own } = components.unet!;
    const far = Math.max(...Array.from(read!.data, (value, i) => Math.abs(value - own!.data[i]!)));
    expect(far).toBeLessThan(1e-3);
    expect(reported.at(-1)).toBe(1);
    expect(reported).toEqual([...reported].sort((a, b) => a - b));
  });

  it.each([
    ['int8', 0.9999],
    ['int4', 0.99],
  ] as const)('is smaller in %s, opens as float32, and can be converted back', async (dtype, least) => {
    const [out, back] = [join(folder, dtype), join(folder, `${dtype}-back`)];
    await convertModel(await modelSource(single, laid), out, { dtype });
    const path = join(out, 'unet/diffusion_pytorch_model.safetensors');
    expect(Object.values(headOf(path).entries).map((entry) => entry.dtype)).toContain(
      dtype === 'int8' ? 'I8' : 'U8',
    );
    const read = await readWeights(directory(out), 'unet', { float32: true });
    expect(Object.keys(read).sort()).toEqual(Object.keys(components.unet!).sort());
    for (const [name, given] of Object.entries(components.unet!)) {
      expect(read[name]!.shape).toEqual(given.shape);
      expect(cosine(read[name]!.data, given.data), name).toBeGreaterThan(least);
    }
    expect(Object.values(read).filter(({ coded }) => coded).length).toBeGreaterThan(20);
    const { parts } = await inspectModel(out);
    const [coded, plain] = [parts, (await inspectModel(config)).parts].map(
      (all) => all.find(({ name }) => name === 'unet')!,
    );
    expect(coded!.parameters).toBe(plain!.parameters);
    expect(coded!.bytes).toBeLessThan(plain!.bytes / 2);
    await convertModel(await modelSource(out), back);
    expect(same(await readWeights(directory(back), 'unet'), read)).toBe(true);
  });

  it('keeps the folders of plugins', async () => {
    const base = await fixtureModelFolder({ 'poi/model.safetensors': writeSafetensors(addonTensors) });
    const out = join(folder, 'plugins');
    await convertModel(await modelSource(base), out);
    expect(readdirSync(out).sort()).toEqual(
      [
        ...['model_index.json', 'poi', 'scheduler', 'spatiallock.json'],
        ...['text_encoder', 'tokenizer', 'unet', 'vae'],
      ].sort(),
    );
    const declared = JSON.parse(readFileSync(join(out, 'spatiallock.json'), 'utf8'));
    expect(declared).toEqual({ generator: 'torch', version: 1, plugins: [{ module: '@spatiallock/poi' }] });
  });

  it('keeps what an adapter learnt in the folders of plugins, linked ones among them', async () => {
    const linked = await fixtureModelFolder({});
    const kept = join(folder, 'kept');
    mkdirSync(kept);
    writeFileSync(join(kept, 'model.safetensors'), writeSafetensors(addonTensors));
    symlinkSync(kept, join(linked, 'poi'));
    const [name, before] = Object.entries(addonTensors)[0]!;
    const numbers = new Float32Array((before.data as Float32Array).length).fill(1.5);
    const mine = tensor([1, 2], [2]);
    const adapter = formatAdapter({
      base: { name: 'mine', hash: await baseHash(directory(linked)) },
      weights: { poi: { [name]: tensor(numbers, before.shape) }, mine: { 'mine.gain': mine } },
    });
    const file = write('learnt.safetensors', adapter);
    const out = join(folder, 'adapted');
    await convertModel(await modelSource(linked, { adapter: file }), out);
    const { [name]: learnt, ...rest } = await readWeights(directory(out), 'poi');
    expect([...(learnt!.data as Float32Array)]).toEqual([...numbers]);
    expect(Object.keys(rest).sort()).toEqual(
      Object.keys(addonTensors)
        .filter((each) => each !== name)
        .sort(),
    );
    expect((await readWeights(directory(out), 'mine'))['mine.gain']!.data).toEqual(mine.data);
    expect(readdirSync(join(out, 'poi'))).toEqual(['model.safetensors']);
  });

  it('has the list of words that its source declares, wherever it lies', async () => {
    const base = await fixtureModelFolder({
      'spatiallock.json': encodeUtf8('{"version": 1, "vocabulary": "lists/known.json"}'),
      'lists/known.json': encodeUtf8('["a", "dog"]'),
    });
    const out = join(folder, 'listed');
    await convertModel(await modelSource(base, { embeddings: [word] }), out);
    expect((await loadModel(directory(out), [])).words).toEqual(['a', 'dog', 'cat']);
  });

  it('names no component that it leaves out, which Python would open', async () => {
    const index = JSON.parse(readFileSync(join(config, 'model_index.json'), 'utf8'));
    const whole = {
      ...index,
      safety_checker: ['stable_diffusion', 'StableDiffusionSafetyChecker'],
      feature_extractor: ['transformers', 'CLIPImageProcessor'],
      requires_safety_checker: true,
    };
    const base = await fixtureModelFolder({
      'model_index.json': encodeUtf8(JSON.stringify(whole)),
      'safety_checker/model.safetensors': writeSafetensors({ x: tensor([1], [1]) }),
    });
    const out = join(folder, 'unchecked');
    await convertModel(await modelSource(base), out);
    const { _diffusers_version: _, ...written } = JSON.parse(
      readFileSync(join(out, 'model_index.json'), 'utf8'),
    );
    expect(written).toEqual({
      ...index,
      feature_extractor: [null, null],
      safety_checker: [null, null],
      requires_safety_checker: false,
    });
    expect(readdirSync(out)).not.toContain('safety_checker');
  });

  it('leaves nothing where it was stopped, cannot be written or has a number too large', async () => {
    const before = readdirSync(folder).sort();
    const source = await modelSource(single, laid);
    const signal = AbortSignal.abort(new Error('stopped'));
    await expect(convertModel(source, join(folder, 'a'), { signal })).rejects.toThrow('stopped');
    await expect(convertModel(source, single)).rejects.toThrow('is a file; give a new folder');
    await expect(convertModel(source, folder)).rejects.toThrow('is not empty; give a new folder');
    const large = {
      ...modelTensors,
      'first_stage_model.decoder.conv_in.bias': tensor(new Float32Array(32).fill(1e6), [32]),
    };
    const file = write('large.safetensors', writeSafetensors(large));
    await expect(
      convertModel(await modelSource(file, { config }), join(folder, 'b'), { dtype: 'float16' }),
    ).rejects.toThrow('decoder.conv_in.bias holds 1000000, which half precision cannot');
    rmSync(file);
    expect(readdirSync(folder).sort()).toEqual(before);
  });
});

describe('tensors that are written one at a time', () => {
  it('give the bytes that are written at once', async () => {
    const path = join(folder, 'streamed.safetensors');
    await streamTensors(path, components.vae!, { metadata: { format: 'pt' } });
    expect(readFileSync(path).equals(writeSafetensors(components.vae!, { format: 'pt' }))).toBe(true);
  });

  it('do not fill memory: a file of 1 GiB that holds nothing is copied in pieces', async () => {
    const length = 2 ** 30;
    const from = write('sparse', '');
    truncateSync(from, length);
    const lazy: Tensors = {
      x: {
        dtype: 'float32',
        shape: [length / 4],
        place: { path: from, offset: 0, length },
        get data(): Float32Array {
          throw new Error('the numbers went through memory');
        },
      },
    };
    const path = join(folder, 'big.safetensors');
    const before = process.memoryUsage().arrayBuffers;
    let most = 0;
    const onBytes = () => {
      most = Math.max(most, process.memoryUsage().arrayBuffers - before);
    };
    await streamTensors(path, lazy, { dtype: 'float16', onBytes });
    expect(most).toBeLessThan(length / 2);
    expect(headOfLarge(path)).toMatchObject({ x: { dtype: 'F16', byteLength: length / 2 } });
    rmSync(path);
    rmSync(from);
  }, 120_000);
});

function headOfLarge(path: string) {
  const bytes = new Uint8Array(readFileSync(path).subarray(0, 4096));
  return readSafetensorsHeader(bytes, readFileSync(path).length).entries;
}

describe('inspect', () => {
  it.each([
    ['v1-5.safetensors', 'a network like', undefined, 3],
    ['gligen.safetensors', "GLIGEN's grounding layers", undefined, 1],
    ['cat.safetensors', 'a textual inversion', undefined, 1],
    ['style.safetensors', 'a LoRA', undefined, 1],
  ])('%s is %s', async (name, title, refusal, parts) => {
    const found = await inspectModel(join(folder, name));
    expect(found.title).toContain(title);
    expect([found.refusal, found.parts.length, found.uses.length > 0]).toEqual([refusal, parts, true]);
  });

  it('asks the .yaml beside a file what it predicts, as painting does', async () => {
    const velocity = write('velocity.safetensors', writeSafetensors(modelTensors));
    write('velocity.yaml', 'model:\n  params:\n    parameterization: "v"\n');
    expect((await inspectModel(velocity)).title).toContain('predicts v_prediction (the .yaml beside it)');
  });

  it('counts parameters and weighs what is read, not what lies beside it', async () => {
    const { parts, parameters, memory } = await inspectModel(single);
    const plain = Object.entries(components.unet!).filter(([name]) => !/position_net|fuser/.test(name));
    const unet = plain.reduce((sum, [, { data }]) => sum + data.length, 0);
    expect(parts[0]).toMatchObject({ name: 'unet', parameters: unet });
    expect(memory).toContainEqual({ device: 'cpu', precision: 'float32', bytes: 4 * parameters });
  });

  it('tells folders by their index', async () => {
    const found = await inspectModel(config);
    expect(found.title).toMatch(/\(StableDiffusionGLIGENPipeline\), with grounding layers$/);
    expect(found.parts.map(({ name }) => name)).toEqual(['text_encoder', 'unet', 'vae']);
    write('xl/model_index.json', '{"_class_name": "StableDiffusionXLPipeline"}');
    expect((await inspectModel(join(folder, 'xl'))).refusal).toBe(
      'is Stable Diffusion XL, which is not supported; Stable Diffusion 1.x and 2.x are',
    );
  });

  it('follows the index of a network in several files, also for grounding layers', async () => {
    const unet = 'unet/diffusion_pytorch_model';
    const [first, second] = [1, 2].map((i) => `${unet}-0000${i}-of-00002.safetensors`);
    const names = Object.keys(components.unet!);
    const half = names.length / 2;
    const part = (from: number, to: number) =>
      writeSafetensors(Object.fromEntries(Object.entries(components.unet!).slice(from, to)));
    const map = Object.fromEntries(
      names.map((name, i) => [name, (i < half ? first : second)!.slice('unet/'.length)]),
    );
    const fields = JSON.parse(readFileSync(join(config, 'unet/config.json'), 'utf8'));
    const files = {
      [`${unet}.safetensors`]: undefined,
      [`${unet}.safetensors.index.json`]: encodeUtf8(JSON.stringify({ weight_map: map })),
      [first!]: part(0, half),
      'unet/config.json': encodeUtf8(JSON.stringify({ ...fields, attention_type: 'default' })),
    };
    const whole = await inspectModel(
      await fixtureModelFolder({ ...files, [second!]: part(half, names.length) }),
    );
    expect([whole.title, whole.refusal]).toEqual([
      expect.stringContaining('with grounding layers'),
      undefined,
    ]);
    const one = (await inspectModel(config)).parts.find(({ name }) => name === 'unet')!.parameters;
    expect(whole.parts.find(({ name }) => name === 'unet')!.parameters).toBe(one);
    expect((await inspectModel(await fixtureModelFolder(files))).refusal).toBe(`${second} is missing`);
  });

  it.each([
    [
      'unet/diffusion_pytorch_model.safetensors',
      new Uint8Array(20),
      /^unet\/diffusion_pytorch_model.safetensors: safe/,
    ],
    ['tokenizer/merges.txt', encodeUtf8('a b'), /^tokenizer\/merges.txt: line 1: "a b" makes "ab", which/],
    ['tokenizer/vocab.json', undefined, /^tokenizer\/vocab.json is missing/],
    ['scheduler/scheduler_config.json', undefined, /^scheduler\/scheduler_config.json is missing/],
  ])('says of a folder whose %s is damaged that it cannot be used', async (path, bytes, refusal) => {
    const found = await inspectModel(await fixtureModelFolder({ [path]: bytes }));
    expect(found.refusal).toMatch(refusal);
    expect([found.title, found.uses]).toEqual([expect.stringContaining('a network like'), []]);
  });

  it('describes an adapter, by its file and by its folder', async () => {
    const bytes = formatAdapter({
      ...{ base: { name: 'mine', hash: 'ab'.repeat(32) }, categories: [{ name: 'forklift' }] },
      weights: { unet: { 'conv_in.bias': tensor(new Float32Array(4), [4]) } },
    });
    mkdirSync(join(folder, 'learnt'));
    writeFileSync(join(folder, 'learnt', 'adapter.safetensors'), bytes);
    for (const place of ['learnt', 'learnt/adapter.safetensors']) {
      const found = await inspectModel(join(folder, place));
      expect(found).toMatchObject({
        title: 'an adapter of SpatialLock, what a training learnt, trained from mine',
        categories: [{ name: 'forklift' }],
        parts: [{ name: 'adapter', parameters: 4 }],
      });
      expect(found.refusal).toBeUndefined();
      expect(found.uses[0]).toContain('--adapter ');
    }
  });

  it('says of what cannot be read why', async () => {
    const pickle = write('x.ckpt', Uint8Array.from([0x50, 0x4b, 3, 4, 0, 0, 0, 0, 0]));
    expect((await inspectModel(pickle)).refusal).toMatch(/^is a pickle, .*python -c/);
    write('nothing/a.txt', '');
    expect((await inspectModel(join(folder, 'nothing'))).refusal).toMatch(/^model_index.json is missing/);
    await expect(inspectModel(join(folder, 'nowhere'))).rejects.toThrow('there is no such file or folder');
  });
});
