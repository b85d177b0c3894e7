// Sizes of pictures, painting over pictures, and what plugins do around the calls, on the fixtures' small networks.

import {
  fromPretrained,
  type Layout,
  MAX_SEED,
  type Pipeline,
  PLUGIN_VERSION,
  type Plugin,
  type RgbImage,
  type StreamOptions,
  tensor,
} from '@spatiallock/core';
import { readFile, readSafetensors, writeSafetensors } from '@spatiallock/core/io';
import { random } from '@spatiallock/core/nn';
import { fixtureBytes } from '@spatiallock/fixtures';
import { poi } from '@spatiallock/poi';
import { fixtureModel } from '@spatiallock/testing';
import { afterAll, describe, expect, it } from 'vitest';
import { backend, noise, worst } from './support.js';

const layout: Layout = {
  prompt: 'a dog',
  objects: [{ phrase: 'a dog', box: [0.25, 0.25, 0.75, 0.75] }],
};
const quick: StreamOptions = { steps: 3, scheduler: 'ddim', guidanceScale: 3 };

const compiled: string[] = [];
const pipe = await fromPretrained(fixtureModel(), {
  backend,
  plugins: [poi()],
  onProgress: (event) => {
    if (event.type === 'compile' && event.done) compiled.push(`${event.component}: ${event.graph}`);
  },
});

afterAll(() => backend.dispose());

/** A picture of noise. */
function picture(width: number, height: number, seed = 1): RgbImage {
  const source = random(seed);
  const data = Uint8ClampedArray.from({ length: 3 * width * height }, () => 255 * source.uniform());
  return { width, height, channels: 3, data };
}

const filled = (width: number, height: number, painted: (x: number, y: number) => boolean): RgbImage => ({
  width,
  height,
  channels: 3,
  data: Uint8ClampedArray.from({ length: 3 * width * height }, (_, i) =>
    painted(Math.floor(i / 3) % width, Math.floor(i / 3 / width)) ? 255 : 0,
  ),
});

describe('width and height', () => {
  it('are those of the layout, and of the call before them', async () => {
    compiled.length = 0;
    const wide = await pipe.generate({ ...layout, width: 48 }, quick);
    expect(wide.images[0]).toMatchObject({ width: 48, height: 32 });
    expect(wide.latents.shape).toEqual([1, 4, 16, 24]);
    expect(compiled).toContain('unet: batch 2, objects 2, 16 x 24');
    const tall = await pipe.generate({ ...layout, width: 48 }, { ...quick, width: 22, height: 34 });
    expect(tall.images[0]).toMatchObject({ width: 22, height: 34 });
    // Compiled below, where plugins are compared with it.
    const own = await pipe.generate(layout, quick);
    expect(own.images[0]).toMatchObject(pipe.imageSize);
    expect((await pipe.generate(layout, { ...quick, width: 32, height: 32 })).latents).toEqual(own.latents);
    expect(compiled.filter((graph) => graph.startsWith('unet'))).toEqual([
      'unet: batch 2, objects 2, 16 x 24',
      'unet: batch 2, objects 2, 17 x 11',
    ]);
    // A size that is at hand is not compiled anew.
    const before = compiled.length;
    expect((await pipe.generate({ ...layout, width: 48 }, quick)).latents).toEqual(wide.latents);
    expect(compiled).toHaveLength(before);
  });

  it('may be as small as one latent', async () => {
    const { images } = await pipe.generate(layout, { ...quick, width: 2, height: 2, steps: 1 });
    expect(images[0]).toMatchObject({ width: 2, height: 2 });
  });

  it.each<readonly [StreamOptions | Partial<Layout>, string]>([
    [{ width: 33 }, 'width: must be a multiple of 2, not 33; the nearest are 32 and 34'],
    [{ height: 0 }, 'height: must be a whole number in 2..8192, not 0'],
    [{ height: 8194 }, 'height: must be a whole number in 2..8192, not 8194'],
    [{ width: Number.NaN }, 'width: must be a whole number in 2..8192, not NaN'],
    [
      { width: 8192, height: 2050 },
      'width and height: 8192 x 2050 pixels are too many; at most 8192 a side and 16777216 in all fit',
    ],
  ])('%o are refused', (size, message) => {
    expect(() => pipe.stream(layout, { ...quick, ...size })).toThrow(message);
  });

  it('are checked in layouts, too, and are one for a batch', () => {
    expect(() => pipe.check([layout, { ...layout, width: 33 }])).toThrow(
      'layouts[1]: width: must be a multiple of 2, not 33',
    );
    expect(() => pipe.check({ ...layout, height: 1.5 })).toThrow('height: must be a whole number in 1..8192');
    expect(() => pipe.stream([layout, { ...layout, width: 48 }])).toThrow(
      'layouts[1]: is 48 x 32 pixels, but the first is 32 x 32; pictures of one batch have one size',
    );
    expect(() => pipe.stream(new Array<Layout>(17).fill(layout), { width: 4096, height: 4096 })).toThrow(
      'layouts: 17 pictures of 4096 x 4096 pixels are too many for one batch; give at most 16',
    );
  });
});

describe('objects that shall not be there', () => {
  const negativeObjects = Array.from({ length: 3 }, () => ({ phrase: 'a cat', box: [0.5, 0, 1, 0.5] }));
  const unwanted = { ...layout, negativeObjects };
  const latentsOf = async (given: Layout, options: StreamOptions = {}) =>
    (await pipe.generate(given, { ...quick, ...options, decode: false })).latents.data;

  it('count where there is guidance, and have room in the graph', async () => {
    compiled.length = 0;
    const plain = await latentsOf(layout, { objectSlots: 3 });
    const without = await latentsOf(unwanted);
    expect(compiled).toContain('unet: batch 2, objects 4');
    expect(worst(without, plain)).toBeGreaterThan(1e-4);
    expect(await latentsOf({ ...layout, negativeObjects: [] }, { objectSlots: 3 })).toEqual(plain);
    expect(await latentsOf(unwanted, { guidanceScale: 1 })).toEqual(
      await latentsOf(layout, { guidanceScale: 1, objectSlots: 3 }),
    );
  });

  it('are checked as objects are', () => {
    expect(() => pipe.check({ ...layout, negativeObjects: new Array(31).fill(negativeObjects[0]) })).toThrow(
      'negativeObjects: 31 are too many; at most 30 fit',
    );
    expect(() => pipe.check({ ...layout, objects: new Array(31).fill(layout.objects[0]) })).toThrow(
      'objects: 31 are too many; at most 30 fit',
    );
  });
});

describe('painting over a picture', () => {
  const image = picture(32, 32);
  const run = (options: StreamOptions, given: Layout | Layout[] = layout) =>
    pipe.generate(given, { ...quick, ...options });

  it('takes its size, rounded down to the step, unless another is asked for', async () => {
    const photo = picture(45, 31);
    expect((await run({ image: photo })).images[0]).toMatchObject({ width: 44, height: 30 });
    expect((await run({ image: photo, height: 24 })).images[0]).toMatchObject({ width: 44, height: 24 });
    expect((await run({ image: photo }, { ...layout, width: 24 })).images[0]).toMatchObject({ width: 24 });
  });

  it('samples the last steps alone, and tells how strongly', async () => {
    const whole = await run({ image, strength: 1 });
    expect(whole).toMatchObject({ steps: 3, calls: 3, strength: 1 });
    const some = await run({ image, strength: 0.4 });
    expect(some).toMatchObject({ steps: 3, calls: 1, strength: 0.4 });
    expect(await run({ image })).toMatchObject({ calls: 2, strength: 0.8 });
    const far = ({ images }: typeof some) => worst(images[0].data, image.data);
    expect(far(some)).toBeLessThan(far(whole));
  });

  it('starts anywhere with every scheduler', async () => {
    for (const scheduler of ['dpmpp_2m', 'unipc', 'pndm', 'heun', 'lms', 'euler_a', 'deis', 'lcm']) {
      const { latents } = await run({ image, scheduler, steps: 4, strength: 0.5, decode: false });
      expect(latents.data.every(Number.isFinite), scheduler).toBe(true);
    }
  });

  it('keeps what is black in the mask, pixel for pixel', async () => {
    const mask = filled(32, 32, (x) => x >= 16);
    const { images, strength } = await run({ image, mask });
    expect(strength).toBe(1);
    const changed = Array.from(
      images[0].data,
      (value, i) => value !== image.data[i] && Math.floor(i / 3) % 32,
    );
    expect(changed.filter((x) => x !== false).every((x) => Number(x) >= 16)).toBe(true);
    expect(changed.filter((x) => x !== false).length).toBeGreaterThan(1000);
    const other = await run({ image: picture(32, 32, 2), mask });
    // The masked half is sampled with the rest in sight.
    expect(worst(images[0].data, other.images[0].data)).toBeGreaterThan(0.1);
  });

  it('paints the boxes alone where the mask is made of them, in whole cells of the latents', async () => {
    const { images } = await run({ image, mask: 'boxes' });
    const inside = filled(32, 32, (x, y) => x >= 8 && x < 24 && y >= 8 && y < 24);
    expect(images).toEqual((await run({ image, mask: inside })).images);
    const narrow = { ...layout, objects: [{ phrase: 'a dog', box: [0.5, 0.5, 0.501, 0.501] as const }] };
    const cell = filled(32, 32, (x, y) => x >= 16 && x < 18 && y >= 16 && y < 18);
    expect((await run({ image, mask: 'boxes' }, narrow)).images).toEqual(
      (await run({ image, mask: cell }, narrow)).images,
    );
  });

  it('stretches masks and pictures of another size', async () => {
    const mask = filled(32, 32, (x) => x >= 16);
    const coarse = filled(8, 8, (x) => x >= 4);
    expect((await run({ image, mask: coarse })).images).toEqual((await run({ image, mask })).images);
  });

  it('gives each layout of a batch its own picture', async () => {
    const second = { ...layout, prompt: 'a cat' };
    const images = [image, picture(32, 32, 2)];
    const both = await run({ image: images, mask: 'boxes', seed: 5, scheduler: 'euler_a' }, [layout, second]);
    const first = await run({ image: images[0], mask: 'boxes', seed: 5, scheduler: 'euler_a' }, layout);
    const last = await run({ image: images[1], mask: 'boxes', seed: 6, scheduler: 'euler_a' }, second);
    expect(worst(both.latents.data.subarray(0, 1024), first.latents.data)).toBeLessThan(1e-5);
    expect(worst(both.latents.data.subarray(1024), last.latents.data)).toBeLessThan(1e-5);
  });

  it('takes noise instead of a seed', async () => {
    const latents = noise([1, 4, 16, 16], 3);
    const given = await run({ latents, seed: 1 });
    expect((await run({ latents, seed: MAX_SEED })).latents).toEqual(given.latents);
    expect((await run({ seed: 1 })).latents).not.toEqual(given.latents);
  });

  const one = tensor([1], [1, 1, 1, 1]);
  it.each<readonly [StreamOptions, string]>([
    [{ mask: image }, 'mask: has no effect without an image to paint over'],
    [{ strength: 0.5 }, 'strength: has no effect without an image to paint over'],
    [{ image, strength: 0.3 }, 'strength: 0.3 of 3 steps leaves none to sample'],
    [{ image, strength: 1.1 }, 'strength: must be a number in 0..1, not 1.1'],
    [{ image: [image, image] }, 'image: 2 pictures for 1 layouts; give one, or one for each'],
    [{ image: { ...image, width: 31 } }, 'image.data: holds 3072 bytes, 31 x 32 RGB needs 2976'],
    [{ image: one }, 'image: must be [1, 3, height, width] of float32, not [1, 1, 1, 1] of float32'],
    [{ image: tensor([1, Number.NaN, 1], [1, 3, 1, 1]) }, 'image: holds NaN or an infinity'],
    [{ image, mask: tensor([], [1, 1, 0, 0]) }, 'mask: must be [1, 1, height, width] of float32'],
    [{ latents: one }, 'latents: must be [1, 4, 16, 16] of float32, not [1, 1, 1, 1] of float32'],
  ])('%# is refused by name', (options, message) => {
    expect(() => pipe.stream(layout, { ...quick, ...options })).toThrow(message);
  });

  it('refuses what cannot be a picture, and masks with nothing to paint', async () => {
    const wrong = { ...quick, image: 'photo.png' } as unknown as StreamOptions;
    expect(() => pipe.stream(layout, wrong)).toThrow(
      'image: must be a picture { width, height, channels: 3, data }',
    );
    const black = filled(32, 32, () => false);
    await expect(run({ image, mask: black })).rejects.toThrow('mask: has no white pixel');
    await expect(run({ image, mask: 'boxes' }, { prompt: 'a', objects: [] })).rejects.toThrow(
      'mask: has no object whose box would be painted anew',
    );
    const small = tensor(new Float32Array(3 * 16), [1, 3, 4, 4]);
    await expect(run({ image: small, width: 8, height: 8 })).rejects.toThrow(
      'image: is a tensor of 4 x 4, the picture has 8 x 8',
    );
  });

  it('needs an encoder', async () => {
    const path = 'vae/diffusion_pytorch_model.safetensors';
    const all = readSafetensors(await readFile(fixtureModel(), path));
    const decoder = Object.fromEntries(
      Object.entries(all).filter(([name]) => !/^(encoder|quant)/.test(name)),
    );
    const blind = await fromPretrained(fixtureModel({}, { [path]: writeSafetensors(decoder) }), {
      backend,
      plugins: [poi()],
    });
    expect(() => blind.stream(layout, { ...quick, image })).toThrow(
      "image: this model's autoencoder (vae) holds a decoder alone, and cannot read pictures",
    );
    await blind.dispose();
  });
});

describe('a U-Net that inpaints', async () => {
  const files = ['unet/config.json', 'unet/diffusion_pytorch_model.safetensors'];
  const overlay = Object.fromEntries(files.map((path) => [path, fixtureBytes(`inpaint-loop/${path}`)]));
  const nine = await fromPretrained(fixtureModel({}, overlay), { backend });
  const plain = { prompt: 'a dog', objects: [] };

  it('paints from noise, too, and the whole of a picture without a mask', async () => {
    const free = await nine.generate(plain, quick);
    expect(free.images[0]).toMatchObject({ width: 32, height: 32 });
    const image = picture(32, 32);
    const over = await nine.generate(plain, { ...quick, image, strength: 0.7 });
    expect(over.calls).toBe(2);
    expect(over.latents).not.toEqual(free.latents);
  });

  it('of other channels is refused', async () => {
    const config = JSON.parse(new TextDecoder().decode(overlay['unet/config.json']));
    const wrong = fixtureModel({ 'unet/config.json': { ...config, in_channels: 8 } });
    await expect(fromPretrained(wrong, { backend })).rejects.toThrow(
      "in_channels and out_channels (8, 4) must be the autoencoder's latent_channels (4), in_channels 9 for inpainting",
    );
  });
});

describe('plugins around the calls', async () => {
  const open = (plugin: Omit<Plugin, 'name' | 'pluginVersion'>): Promise<Pipeline> =>
    fromPretrained(fixtureModel(), {
      backend,
      plugins: [poi(), { name: 'around', pluginVersion: PLUGIN_VERSION, ...plugin }],
    });
  const latentsOf = async (plugin: Omit<Plugin, 'name' | 'pluginVersion'>, options = {}, given = layout) => {
    const around = await open(plugin);
    const { latents } = await around.generate(given, { ...quick, ...options, decode: false });
    await around.dispose();
    return latents.data as Float32Array;
  };
  const plain = await pipe.generate(layout, { ...quick, decode: false });

  it('decide what sampling starts from', async () => {
    const half = await latentsOf({ sampling: () => ({ start: ({ sample }) => sample.map((x) => x / 2) }) });
    const latents = tensor(
      (await firstNoise()).map((x) => x / 2),
      [1, 4, 16, 16],
    );
    const halved = await pipe.generate(layout, { ...quick, latents, decode: false });
    expect(half).toEqual(halved.latents.data);
  });

  it('get the noise, and bring clean latents to the level of any scheduler', async () => {
    const clean = noise([1, 4, 16, 16], 8).data as Float32Array;
    const sampling: Plugin['sampling'] = ({ noise: first }) => ({
      start: ({ addNoise }) => addNoise(clean, first),
      afterStep: ({ addNoise }) => addNoise(clean, first),
    });
    for (const scheduler of ['ddim', 'euler', 'dpmpp_2m', 'heun']) {
      // Whatever the network says, what is put in its place after each step comes out at the end.
      expect(worst(await latentsOf({ sampling }, { scheduler }), clean), scheduler).toBeLessThan(1e-6);
    }
  });

  it('paint other layouts with the same network', async () => {
    const other = { ...layout, prompt: 'a cat' };
    const sampling: Plugin['sampling'] = async ({ predictFor, layouts }) => {
      const instead = await predictFor(layouts.map((each) => ({ ...each, prompt: 'a cat' })));
      return { predict: () => instead };
    };
    const wanted = await pipe.generate(other, { ...quick, decode: false });
    expect(await latentsOf({ sampling })).toEqual(wanted.latents.data);
    expect(wanted.latents).not.toEqual(plain.latents);
    await expect(
      latentsOf({
        sampling: async ({ predictFor }) => ({ predict: await predictFor([]).then((p) => () => p) }),
      }),
    ).rejects.toThrow('plugin around: predictFor needs 1 layouts, not 0');
  });

  it.each(['start', 'afterStep'] as const)('may not give other sizes by %s', async (name) => {
    const wrong = () => ({ [name]: () => new Float32Array(3) });
    await expect(latentsOf({ sampling: wrong })).rejects.toThrow(
      `plugin around: ${name}: has 3 numbers, but the latents have 1024`,
    );
  });

  async function firstNoise(): Promise<Float32Array> {
    let first: Float32Array = new Float32Array();
    await latentsOf({
      sampling: ({ noise: given }) => {
        first = Float32Array.from(given);
        return {};
      },
    });
    return first;
  }
});
