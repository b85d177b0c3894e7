// Whole pipelines on the fixtures' small networks.

import {
  type FileSource,
  fromPretrained,
  type GuidanceInterval,
  type Layout,
  MAX_SEED,
  type Pipeline,
  type PipelineProgress,
  PLUGIN_VERSION,
  type StepEvent,
  type Tensor,
  type Tensors,
  tensor,
} from '@spatiallock/core';
import { float32ToFloat16, readFile, readSafetensors, writeSafetensors } from '@spatiallock/core/io';
import { initialise } from '@spatiallock/core/nn';
import { decoderGraph, latentAutoencoder, loadModel, unetGraph } from '@spatiallock/core/pipeline';
import { fixtureBytes, fixtureSource } from '@spatiallock/fixtures';
import { poi } from '@spatiallock/poi';
import { fixtureModel, type Overlay } from '@spatiallock/testing';
import { afterAll, describe, expect, it } from 'vitest';
import { backend, noise, worst } from './support.js';

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

  it("starts checkpoints without a file of ours from torch's noise, as diffusers does", async () => {
    const options = { ...quick, seed: 3, decode: false };
    const own = await pipe.generate(layout, options);
    expect(own.generator).toBe('torch');
    expect((await pipe.generate(layout, { ...options, generator: 'torch' })).latents).toEqual(own.latents);
    const other = await pipe.generate(layout, { ...options, generator: 'sfc32' });
    expect(other.latents).not.toEqual(own.latents);
    const small = await load(fixtureModel({ 'spatiallock.json': { name: 'small' } }));
    expect((await small.generate(layout, options)).latents).toEqual(other.latents);
    await small.dispose();
  });

  it('tells of files, components and graphs', async () => {
    const reported: PipelineProgress[] = [];
    const watched = await fromPretrained(fixtureModel(), {
      backend,
      plugins: [poi()],
      onProgress: (event) => reported.push(event),
    });
    const components = reported.flatMap((event) => (event.type === 'component' ? [event.name] : []));
    expect(components).toEqual(['scheduler', 'tokenizer', 'text_encoder', 'vae', 'unet']);
    const bytes = fixtureBytes('diffusers-sd1/vae/config.json').byteLength;
    expect(reported).toContainEqual({ type: 'file', path: 'vae/config.json', bytes });
    await watched.generate(layout, quick);
    const graph = 'batch 2, objects 2';
    expect(reported).toContainEqual({ type: 'compile', component: 'unet', graph, done: false });
    expect(reported.at(-1)).toEqual({ type: 'compile', component: 'vae', graph: '16 x 16', done: true });
    const before = reported.length;
    await watched.generate({ ...layout, objects: [] }, quick);
    expect(reported).toHaveLength(before);
    await watched.dispose();
  });

  it('keeps room for more objects, with the same pictures from one graph', async () => {
    const compiled: string[] = [];
    const named = await injectionWeights();
    const path = 'poi/diffusion_pytorch_model.safetensors';
    const roomy = await fromPretrained(fixtureModel({}, { [path]: writeSafetensors(named) }), {
      backend,
      plugins: [poi({ injection: true })],
      onProgress: (event) => {
        if (event.type === 'compile' && event.component === 'unet' && event.done) compiled.push(event.graph);
      },
    });
    const wide = await roomy.generate(layout, { ...quick, objectSlots: 5 });
    await roomy.generate([{ ...layout, objects: [] }], { ...quick, objectSlots: 8 });
    expect(compiled).toEqual(['batch 2, objects 8']);
    const narrow = await roomy.generate(layout, quick);
    expect(compiled).toEqual(['batch 2, objects 8', 'batch 2, objects 2']);
    const expected = narrow.latents.data;
    const far = Math.max(...Array.from(wide.latents.data, (value, i) => Math.abs(value - expected[i])));
    expect(far).toBeLessThan(1e-4);
    await roomy.dispose();
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
      'model_index.json: unet is "UNet3D"; known are UNet2DConditionModel',
    );
  });

  it('stops at once when cancelled', async () => {
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(fromPretrained(fixtureModel(), { backend, signal })).rejects.toThrow('enough');
  });

  it('names the plugin whose weights the checkpoint lacks, or lists those that it lacks', async () => {
    const plugins = [poi({ injection: true })];
    const refusal = await fromPretrained(fixtureModel(), { backend, plugins }).then(
      () => '',
      ({ message }: Error) => message,
    );
    const named =
      /^plugin poi: the model has no weights for it \((\S*injection\S*) and \d+ more, of the folder poi\/\); train/;
    expect(refusal).toMatch(named);
    const first = named.exec(refusal)![1]!;
    const bytes = writeSafetensors({ [first]: tensor([1], [1]) });
    const some = fixtureModel({}, { 'poi/diffusion_pytorch_model.safetensors': bytes });
    await expect(fromPretrained(some, { backend, plugins })).rejects.toThrow(
      /^unet with poi: the weights do not fit the config\n {2}\d+ missing:\n {4}.*injection/,
    );
  });

  it('reads the parameters of plugins from their own folders', async () => {
    const owns = () => false;
    const plugin = {
      name: 'extra',
      pluginVersion: PLUGIN_VERSION,
      weights: [
        { folder: 'extra', owns },
        { folder: 'absent', owns },
      ],
    } as const;
    const plugins = [plugin];
    const extra = (name: string) => {
      const bytes = writeSafetensors({ [name]: tensor([1], [1]) });
      return fixtureModel({}, { 'extra/diffusion_pytorch_model.safetensors': bytes });
    };
    await expect(fromPretrained(extra('conv_in.bias'), { backend, plugins })).rejects.toThrow(
      'extra: conv_in.bias is already in another folder',
    );
    let seen = false;
    const curious = {
      ...plugin,
      network: ({ has }: { has(name: string): boolean }) => {
        seen = has('gate') && !has('other');
        return {};
      },
    };
    await fromPretrained(extra('gate'), { backend, plugins: [curious] });
    expect(seen).toBe(true);
  });
});

describe('what a model directory may hold', () => {
  it('object-relative injection in poi/', async () => {
    const named = await injectionWeights();
    const path = 'poi/diffusion_pytorch_model.safetensors';
    const injecting = await load(fixtureModel({}, { [path]: writeSafetensors(named) }));
    const options = { ...quick, decode: false };
    const plain = (await pipe.generate(layout, options)).latents;
    expect((await injecting.generate(layout, options)).latents).not.toEqual(plain);
    await injecting.dispose();
  });

  it.each([
    { className: 'AutoencoderTiny', folder: 'vae_tiny', size: 32 },
    { className: 'AutoencoderDC', folder: undefined, size: 64 },
  ])('an $className', async ({ className, folder, size }) => {
    const small = await load(fixtureModel({}, await autoencoderFiles(className, folder)));
    expect(small.imageSize).toEqual({ width: size, height: size });
    const { images } = await small.generate(layout, quick);
    expect(images[0].data).toHaveLength(3 * size * size);
    expect(new Set(images[0].data).size).toBeGreaterThan(10);
    await small.dispose();
  });

  it('weights in half precision', async () => {
    const source = fixtureModel();
    const halves: Record<string, Uint8Array> = {};
    for (const path of [
      'unet/diffusion_pytorch_model',
      'vae/diffusion_pytorch_model',
      'text_encoder/model',
    ]) {
      const tensors = readSafetensors(await readFile(source, `${path}.safetensors`));
      const entries = Object.entries(tensors).map(([name, { shape, data }]) => {
        const bits = float32ToFloat16(data as Float32Array);
        return [name, { dtype: 'float16', shape, data: bits }] as const;
      });
      halves[`${path}.safetensors`] = writeSafetensors(Object.fromEntries(entries));
    }
    const half = await load(fixtureModel({}, halves));
    const options = { ...quick, decode: false };
    const [exact, rounded] = [await pipe.generate(layout, options), await half.generate(layout, options)];
    expect(worst(rounded.latents.data, exact.latents.data)).toBeLessThan(0.02);
    await half.dispose();
  });
});

/** Random numbers for the parameters of ours that the fixtures' U-Net lacks. */
async function injectionWeights(): Promise<Tensors> {
  const model = await loadModel(fixtureModel(), []);
  const sizes = { batch: 1, height: 16, width: 16, tokens: 77, objects: 2 };
  const graph = unetGraph(model.unet.config, [poi({ injection: true })], sizes, () => true);
  const names = Object.keys(graph.params).filter((name) => !Object.hasOwn(model.unet.params, name));
  expect(names.length).toBeGreaterThan(10);
  expect(names.every((name) => name.includes('injection'))).toBe(true);
  return Object.fromEntries(names.map((name, i) => [name, noise(graph.params[name].shape, i)]));
}

async function autoencoderFiles(className: string, folder?: string): Promise<Overlay> {
  const index = JSON.parse(new TextDecoder().decode(await readFile(fixtureModel(), 'model_index.json')));
  const text = (json: unknown) => new TextEncoder().encode(JSON.stringify(json));
  const files = { 'model_index.json': text({ ...index, vae: ['diffusers', className] }) };
  const [config, weights] = ['vae/config.json', 'vae/diffusion_pytorch_model.safetensors'];
  if (folder) {
    const source = fixtureSource(`diffusers-sd1/${folder}/`);
    const [json, tensors] = [config, weights].map((path) => readFile(source, path.slice('vae/'.length)));
    return { ...files, [config]: await json, [weights]: await tensors };
  }
  const json = {
    latent_channels: 4,
    encoder_block_out_channels: [8, 8, 16],
    decoder_block_out_channels: [8, 8, 16],
    encoder_layers_per_block: [0, 1, 1],
    decoder_layers_per_block: [0, 1, 1],
  };
  const { params } = decoderGraph(latentAutoencoder(className, json), 16, 16);
  return { ...files, [config]: text(json), [weights]: writeSafetensors(initialise(params, 1)) };
}

describe('stream', () => {
  it('tells of every call, and gives pictures at the end', async () => {
    const events = await eventsOf(pipe.stream(layout, { ...quick, seed: 7 }));
    expect(events.map(({ stepIndex, calls, timestep }) => [stepIndex, calls, timestep])).toEqual([
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

  it('lets guidance fade after a share of the calls', async () => {
    const latents = async (guidanceScale: number, guidanceInterval?: GuidanceInterval) =>
      (await pipe.generate(layout, { ...quick, steps: 4, guidanceScale, guidanceInterval, decode: false }))
        .latents;
    const [strong, none] = [await latents(3), await latents(1)];
    expect(await latents(3, { stop: 1, scaleAfter: 0 })).toEqual(strong);
    expect(await latents(3, { stop: 0, scaleAfter: 7 })).toEqual(strong);
    expect(worst((await latents(3, { stop: 0, scaleAfter: 1 })).data, none.data)).toBeLessThan(1e-4);
    const half = await latents(3, { stop: 0.5, scaleAfter: 1 });
    expect(half).not.toEqual(strong);
    expect(worst(half.data, none.data)).toBeGreaterThan(1e-3);
    // At most 1 means the conditional prediction alone, also where only the last calls are so weak.
    expect(await latents(1, { stop: 0.5, scaleAfter: 0 })).toEqual(none);
    expect(await latents(3, { stop: 0.5, scaleAfter: 0 })).toEqual(half);
  });

  it('rescales guided predictions by the share asked for', async () => {
    const run = (guidanceScale: number, guidanceRescale?: number) =>
      pipe.generate(layout, {
        ...{ seed: 3, steps: 1, scheduler: 'ddim', decode: false },
        ...{ guidanceScale, guidanceRescale },
      });
    const [none, half, whole] = await Promise.all([run(1000), run(1000, 0.5), run(1000, 1)]);
    expect(none).not.toHaveProperty('guidanceRescale');
    expect(half).toMatchObject({ guidanceRescale: 0.5 });
    expect(worst(whole.latents.data, none.latents.data)).toBeGreaterThan(0.01);
    // One step is linear in the prediction, and the prediction in the share. Random weights hear a high scale alone.
    const middle = Array.from(none.latents.data, (value, i) => (value + whole.latents.data[i]) / 2);
    expect(worst(half.latents.data, middle)).toBeLessThan(1e-4);
    expect((await run(1, 1)).latents).toEqual((await run(1)).latents);
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
      for await (const { stepIndex } of pipe.stream(layout, { ...quick, signal: controller.signal })) {
        seen.push(stepIndex);
        if (stepIndex === 1) controller.abort();
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
    [{ steps: 0 }, 'steps: must be a whole number in 1..10000, not 0'],
    [{ steps: 2.5 }, 'steps: must be a whole number in 1..10000, not 2.5'],
    [{ steps: 5000 }, 'steps: must be a whole number of 1 to 1000, got 5000'],
    [{ seed: -1 }, `seed: must be a whole number in 0..${MAX_SEED}, not -1`],
    [{ seed: MAX_SEED + 1 }, `seed: must be a whole number in 0..${MAX_SEED}, not `],
    [{ seed: 1.5 }, 'seed: must be a whole number in 0..'],
    [{ objectSlots: 31 }, 'objectSlots: must be a whole number in 0..30, not 31'],
    [{ objectSlots: 1.5 }, 'objectSlots: must be a whole number in 0..30, not 1.5'],
    [{ guidanceScale: Number.NaN }, 'guidanceScale: must be a number in 0..1000, not NaN'],
    [{ guidanceScale: 1e38 }, 'guidanceScale: must be a number in 0..1000, not 1e+38'],
    [{ guidanceRescale: -0.1 }, 'guidanceRescale: must be a number in 0..1, not -0.1'],
    [{ guidanceRescale: Number.NaN }, 'guidanceRescale: must be a number in 0..1, not NaN'],
    [
      { guidanceInterval: { stop: 2, scaleAfter: 1 } },
      'guidanceInterval.stop: must be a number in 0..1, not 2',
    ],
    [
      { guidanceInterval: { stop: 0.5, scaleAfter: -1 } },
      'guidanceInterval.scaleAfter: must be a number in 0..1000, not -1',
    ],
    [
      { guidanceInterval: { stop: 0.5, scaleAfter: Infinity } },
      'guidanceInterval.scaleAfter: must be a number in 0..1000',
    ],
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
