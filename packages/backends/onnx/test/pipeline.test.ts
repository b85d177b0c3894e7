// Whole pipelines on the fixtures' small networks.

import {
  type FileSource,
  fromPretrained,
  type Layout,
  type Pipeline,
  type PipelineProgress,
  type StepEvent,
  type Tensor,
  tensor,
  writeSafetensors,
} from '@spatiallock/core';
import { poi } from '@spatiallock/poi';
import { afterAll, describe, expect, it } from 'vitest';
import { fixtureBytes } from '../../../core/test/fixtures/read.js';
import { fixtureModel } from './fixtureModel.js';
import { backend, worst } from './support.js';

const layout: Layout = {
  prompt: 'a dog and an apple',
  objects: [
    { phrase: 'a dog', box: [0.1, 0.3, 0.5, 0.9] },
    { phrase: 'an apple', box: [0.5, 0.5, 0.9, 0.9] },
  ],
};
const other: Layout = {
  prompt: 'a cat',
  negativePrompt: 'rain',
  objects: [{ phrase: 'a cat', box: [0, 0, 1, 1] }],
};
const quick = { steps: 3, scheduler: 'ddim' };

const load = (files: FileSource = fixtureModel()): Promise<Pipeline> =>
  fromPretrained(files, { backend, plugins: [poi()] });
const pipe = await load();

afterAll(() => backend.dispose());

async function eventsOf(events: AsyncIterable<StepEvent>): Promise<StepEvent[]> {
  const all: StepEvent[] = [];
  for await (const event of events) all.push(event);
  return all;
}

const rowOf = ({ data, shape }: Tensor, row: number): Float32Array => {
  const size = data.length / shape[0];
  return (data as Float32Array).subarray(row * size, (row + 1) * size);
};

describe('fromPretrained', () => {
  it('tells what it is', () => {
    expect(pipe).toMatchObject({
      name: 'model',
      device: 'cpu',
      plugins: ['poi'],
      imageSize: { width: 32, height: 32 },
      defaults: { steps: 25, guidanceScale: 7.5, scheduler: 'pndm' },
    });
  });

  it('takes its defaults from spatiallock.json', async () => {
    const settings = { name: 'small', steps: 2, guidanceScale: 1, scheduler: 'euler' };
    const small = await load(fixtureModel({ 'spatiallock.json': settings }));
    expect(small.name).toBe('small');
    expect(await small.generate(layout)).toMatchObject({ steps: 2, guidanceScale: 1, scheduler: 'euler' });
    await small.dispose();
  });

  it('tells of files, components and graphs', async () => {
    const told: PipelineProgress[] = [];
    const watched = await fromPretrained(fixtureModel(), {
      backend,
      onProgress: (event) => told.push(event),
    });
    const components = told.flatMap((event) => (event.type === 'component' ? [event.name] : []));
    expect(components).toEqual(['scheduler', 'tokenizer', 'text_encoder', 'vae', 'unet']);
    const bytes = fixtureBytes('diffusers-sd1/vae/config.json').byteLength;
    expect(told).toContainEqual({ type: 'file', path: 'vae/config.json', bytes });
    await watched.generate(layout, quick);
    const graph = 'batch 2, objects 2';
    expect(told).toContainEqual({ type: 'compile', component: 'unet', graph, done: false });
    expect(told.at(-1)).toEqual({ type: 'compile', component: 'vae', graph: '16 x 16', done: true });
    const before = told.length;
    await watched.generate({ ...layout, objects: [] }, quick);
    expect(told).toHaveLength(before);
    await watched.dispose();
  });

  it.each([
    ['model_index.json', /^model_index\.json is missing$/],
    ['vae/config.json', /^vae\/config\.json is missing$/],
    ['unet/diffusion_pytorch_model.safetensors', /^unet: no weights found; looked for unet\/diffusion/],
    ['tokenizer/merges.txt', /^tokenizer\/merges\.txt is missing$/],
  ])('names a missing %s', async (path, message) => {
    await expect(load(fixtureModel({}, { [path]: undefined }))).rejects.toThrow(message);
  });

  it('names a truncated file', async () => {
    const path = 'text_encoder/model.safetensors';
    const half = fixtureBytes(`diffusers-sd1/${path}`).subarray(0, 30_000);
    await expect(load(fixtureModel({}, { [path]: half }))).rejects.toThrow(`${path}: safetensors: `);
  });

  it('names classes that it does not know', async () => {
    const index = { _class_name: 'X', unet: ['diffusers', 'UNet3D'] };
    await expect(load(fixtureModel({ 'model_index.json': index }))).rejects.toThrow(
      'model_index.json: unet is UNet3D; known are UNet2DConditionModel',
    );
  });

  it('stops at once when cancelled', async () => {
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(fromPretrained(fixtureModel(), { backend, signal })).rejects.toThrow('enough');
  });

  it('lists the parameters that plugins ask for and the checkpoint lacks', async () => {
    const plugins = [poi({ injection: true })];
    await expect(fromPretrained(fixtureModel(), { backend, plugins })).rejects.toThrow(
      /^unet with poi: the weights do not fit the config\n {2}\d+ missing:\n {4}.*injection/,
    );
  });

  it('reads the parameters of plugins from their own folders', async () => {
    const plugins = [{ name: 'extra', weights: ['extra', 'absent'] }];
    const extra = (name: string) => {
      const bytes = writeSafetensors({ [name]: tensor([1], [1]) });
      return fixtureModel({}, { 'extra/diffusion_pytorch_model.safetensors': bytes });
    };
    await expect(fromPretrained(extra('conv_in.bias'), { backend, plugins })).rejects.toThrow(
      'extra: conv_in.bias is already in another folder',
    );
    let seen = false;
    const curious = {
      ...plugins[0],
      unet: ({ has }: { has(name: string): boolean }) => {
        seen = has('gate') && !has('other');
        return { inputs: {}, hooks: {} };
      },
    };
    await fromPretrained(extra('gate'), { backend, plugins: [curious] });
    expect(seen).toBe(true);
  });
});

describe('stream', () => {
  it('tells of every call, and gives pictures at the end', async () => {
    const events = await eventsOf(pipe.stream(layout, { ...quick, seed: 7 }));
    expect(events.map(({ call, calls, timestep }) => [call, calls, timestep])).toEqual([
      [0, 3, 667],
      [1, 3, 334],
      [2, 3, 1],
    ]);
    expect(events.map((event) => event.images?.length)).toEqual([undefined, undefined, 1]);
    expect(events[0].latents.shape).toEqual([1, 4, 16, 16]);
    expect(events[2].images?.[0]).toMatchObject({ width: 32, height: 32, channels: 3 });
  });

  it('previews the picture that a call foretells', async () => {
    const events = await eventsOf(pipe.stream(layout, quick));
    const last = await events[2].preview();
    // The last step of this plan ends on its own prediction, but for the noise level of timestep 1.
    expect(worst(last.data, events[2].images?.[0].data ?? [])).toBeLessThan(0.03);
    expect((await events[0].preview()).data).not.toEqual(last.data);
    await expect(events[0].preview(1)).rejects.toThrow('row: must be a whole number of 0..0, not 1');
  });

  it('gives the same picture for the same seed, another for another', async () => {
    const images = async (seed: number) => (await pipe.generate(layout, { ...quick, seed })).images;
    const first = await images(3);
    expect(await images(3)).toEqual(first);
    expect(await images(4)).not.toEqual(first);
  });

  it('draws each layout of a batch as if it were alone, with seed + row', async () => {
    const options = { ...quick, scheduler: 'ddpm', decode: false };
    const both = await pipe.generate([layout, other], { ...options, seed: 5 });
    expect(both).toMatchObject({ seeds: [5, 6], images: [] });
    const [first, second] = [
      await pipe.generate(layout, { ...options, seed: 5 }),
      await pipe.generate(other, { ...options, seed: 6 }),
    ];
    expect(worst(rowOf(both.latents, 0), rowOf(first.latents, 0))).toBeLessThan(1e-4);
    expect(worst(rowOf(both.latents, 1), rowOf(second.latents, 0))).toBeLessThan(1e-4);
  });

  it('heeds boxes, phrases, both prompts and guidance', async () => {
    const latents = async (change: Partial<Layout>, guidanceScale = 3) =>
      (await pipe.generate({ ...layout, ...change }, { ...quick, steps: 4, guidanceScale, decode: false }))
        .latents;
    const base = await latents({});
    const [dog, apple] = layout.objects;
    const changes: Partial<Layout>[] = [
      { objects: [{ ...dog, box: [0.5, 0.3, 0.9, 0.9] }, apple] },
      { objects: [{ ...dog, phrase: 'a cat' }, apple] },
      { prompt: 'a cat' },
      { negativePrompt: 'rain' },
    ];
    for (const change of changes) expect(await latents(change)).not.toEqual(base);
    const free = await latents({}, 1);
    expect(await latents({ negativePrompt: 'rain' }, 1)).toEqual(free);
    expect(worst((await latents({}, 1 + 1e-6)).data, free.data)).toBeLessThan(1e-4);
  });

  it('takes settings of a scheduler', async () => {
    const scheduler = { _class_name: 'DDIMScheduler', timestep_spacing: 'trailing' };
    const [first] = await eventsOf(pipe.stream(layout, { steps: 2, scheduler, decode: false }));
    expect(first.timestep).toBe(999);
  });

  it('can be cancelled between two calls', async () => {
    const controller = new AbortController();
    const seen: number[] = [];
    const sampling = (async () => {
      for await (const { call } of pipe.stream(layout, { ...quick, signal: controller.signal })) {
        seen.push(call);
        if (call === 1) controller.abort();
      }
    })();
    await expect(sampling).rejects.toThrow(/abort/i);
    expect(seen).toEqual([0, 1]);
  });

  it('is of no use after dispose', async () => {
    const short = await load();
    await short.dispose();
    await expect(short.generate(layout, quick)).rejects.toThrow(
      'this pipeline was disposed of; load it again',
    );
  });
});

describe('bad input', () => {
  it.each([
    [{ steps: 0 }, 'steps: must be a whole number of at least 1, not 0'],
    [{ steps: 2.5 }, 'steps: must be a whole number of at least 1, not 2.5'],
    [{ steps: 5000 }, 'steps: must be a whole number of 1 to 1000, got 5000'],
    [{ seed: -1 }, 'seed: must be a whole number of at least 0, not -1'],
    [{ guidanceScale: Number.NaN }, 'guidanceScale: must be a number of at least 0, not NaN'],
    [{ scheduler: 'fast' }, /^scheduler: "fast" is not known; known are ddim, ddpm, pndm/],
  ])('%o', (options, message) => {
    expect(() => pipe.stream(layout, options)).toThrow(message);
  });

  it('names the layout and the field', () => {
    const [dog] = layout.objects;
    const wrong: Layout = { prompt: '', objects: [dog, { ...dog, box: [0.4, 0, 0.1, 1] }] };
    const message = 'objects[1].box: x1 (0.10) must be greater than x0 (0.40)';
    expect(() => pipe.stream(wrong)).toThrow(message);
    expect(() => pipe.stream([layout, wrong])).toThrow(`layouts[1]: ${message}`);
    expect(() => pipe.stream([])).toThrow('layouts: is empty');
  });

  it('names the word that the model never learnt', async () => {
    const words = ['a', 'an', 'and', 'apple', 'cat', 'dog', 'rain', ','];
    const small = await load(fixtureModel({ 'tokenizer/words.json': words }));
    expect(small.words).toEqual(words);
    expect(small.check([layout, other])).toHaveLength(2);
    const [dog, apple] = layout.objects;
    const zebra = { ...layout, objects: [dog, { ...apple, phrase: 'a dag' }] };
    expect(() => small.check(zebra)).toThrow(
      'objects[1].phrase: the model never learnt "dag"; nearest known words: dog, a, an',
    );
    expect(() => small.stream({ ...layout, prompt: 'A dog, and snow' })).toThrow(
      'prompt: the model never learnt "snow"',
    );
    expect(() => small.check({ ...layout, negativePrompt: 'rein' })).toThrow(
      'negativePrompt: the model never learnt "rein"; nearest known words: rain',
    );
    await small.dispose();
  });
});
