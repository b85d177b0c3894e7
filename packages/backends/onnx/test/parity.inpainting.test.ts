// Painting over pictures, against the numbers of diffusers 0.21.4: pictures of 32 x 24, not square.

import {
  type Backend,
  fromPretrained,
  input,
  type Layout,
  PLUGIN_VERSION,
  type Plugin,
  parameterStore,
  type StepEvent,
  type StreamOptions,
  type Tensor,
  type Tensors,
} from '@spatiallock/core';
import { readSafetensors } from '@spatiallock/core/io';
import { autoencoderKl, parseAutoencoderKlConfig } from '@spatiallock/core/models';
import { latentMask, maskedImage } from '@spatiallock/core/pipeline';
import { fixtureBytes, fixtureJson } from '@spatiallock/fixtures';
import { fixtureModel } from '@spatiallock/testing';
import { afterAll, describe, expect, it } from 'vitest';
import { backend, worst } from './support.js';

const SINGLE = 1e-4;
const LOOP = 1e-3;
const expected = readSafetensors(fixtureBytes('inpaint-loop/expected.safetensors'));
const floats = (key: string): Float32Array => expected[key].data as Float32Array;
const [image, mask, latents] = ['image', 'mask', 'latents'].map((key) => expected[key]) as [
  Tensor,
  Tensor,
  Tensor,
];
const size = { height: 32, width: 24 };

/** The token ids of the fixtures' texts, by the names of added tokens. */
const ids = readSafetensors(fixtureBytes('diffusers-sd1/expected.safetensors'))['text.ids'];
const promptOf = (row: number): string =>
  Array.from(ids.data.subarray(77 * row + 1, 77 * (row + 1)))
    .filter((id) => id !== 599)
    .map((id) => `tok${id}`)
    .join(' ');
const layout: Layout = { prompt: promptOf(0), negativePrompt: promptOf(1), objects: [] };
const added = Object.fromEntries(Array.from({ length: 598 }, (_, id) => [`tok${id}`, id]));
const tokens = { 'tokenizer/added_tokens.json': added };

/** What the U-Net was given and gave, call after call. */
const seen: { readonly inputs: Tensors; readonly outputs: Tensors }[] = [];
const watched: Backend = {
  ...backend,
  async compile(graph, params, options) {
    const executable = await backend.compile(graph, params, options);
    return {
      ...executable,
      async run(inputs) {
        const outputs = await executable.run(inputs);
        if ('sample' in inputs) seen.push({ inputs, outputs });
        return outputs;
      },
    };
  },
};

/** What sampling started from. */
let started: Float32Array | undefined;
const witness: Plugin = {
  name: 'witness',
  pluginVersion: PLUGIN_VERSION,
  sampling: () => ({
    start({ sample }) {
      started = sample;
      return undefined;
    },
  }),
};

const inpainting = {
  'unet/config.json': fixtureBytes('inpaint-loop/unet/config.json'),
  'unet/diffusion_pytorch_model.safetensors': fixtureBytes(
    'inpaint-loop/unet/diffusion_pytorch_model.safetensors',
  ),
};
const plain = await fromPretrained(fixtureModel(tokens), { backend, plugins: [witness] });
const nine = await fromPretrained(fixtureModel(tokens, inpainting), { backend: watched });

afterAll(() => backend.dispose());

const common: StreamOptions = { image, latents, scheduler: 'ddim', steps: 10, guidanceScale: 7.5 };

async function eventsOf(pipe: typeof plain, options: StreamOptions): Promise<StepEvent[]> {
  const events: StepEvent[] = [];
  for await (const event of pipe.stream(layout, { ...common, ...options })) events.push(event);
  return events;
}

function expectLoop(events: readonly StepEvent[], name: string): void {
  expect(events.map(({ timestep }) => timestep)).toEqual([...floats(`${name}.timesteps`)]);
  const at = { after1: events[0], after5: events[4], final: events.at(-1) };
  for (const [key, event] of Object.entries(at)) {
    expect(worst(event?.latents.data ?? [], floats(`${name}.${key}`)), key).toBeLessThan(LOOP);
  }
}

/** A picture's numbers in 0..255, plane after plane. */
const levelsOf = (key: string): Float32Array =>
  floats(key).map((x) => Math.min(255, Math.max(0, (x + 1) * 127.5)));

/** Every pixel that is painted anew is that of the decoder, every other one that of the picture. */
function expectPicture(event: StepEvent | undefined, name: string): void {
  const picture = event?.images?.[0];
  expect(picture).toMatchObject(size);
  const [decoded, kept] = [levelsOf(`${name}.image`), levelsOf('image')];
  const plane = size.width * size.height;
  const far = Array.from(picture?.data ?? [], (value, i) => {
    const [pixel, channel] = [Math.floor(i / 3), i % 3];
    const wanted = mask.data[pixel] === 1 ? decoded : kept;
    return Math.abs(value - wanted[channel * plane + pixel]!);
  });
  expect(far).toHaveLength(3 * plane);
  expect(Math.max(...far)).toBeLessThan(0.5 + LOOP * 127.5);
}

describe('parity of what painting over is made of', () => {
  it('the masked picture, and the mask of the latents', () => {
    const planes = { image: floats('image'), mask: floats('mask') };
    expect(worst(maskedImage(planes), floats('masked_image'))).toBe(0);
    expect(latentMask(floats('mask'), size, 2)).toEqual(floats('mask_latents'));
  });

  it('the encoder, of pictures that are not square', async () => {
    const config = parseAutoencoderKlConfig(fixtureJson('diffusers-sd1/vae/config.json'));
    const weights = readSafetensors(fixtureBytes('diffusers-sd1/vae/diffusion_pytorch_model.safetensors'));
    const { scope, params } = parameterStore();
    const given = input('image', [1, 3, size.height, size.width]);
    const { mean, logvar } = autoencoderKl.encode(scope, config, given);
    const graph = { inputs: { image: given }, params, outputs: { mean, logvar } };
    const executable = await backend.compile(graph, weights);
    const outputs = await executable.run({ image: expected.masked_image });
    expect(worst(outputs.mean.data, floats('masked_image.mean'))).toBeLessThan(SINGLE);
    expect(worst(outputs.logvar.data, floats('masked_image.logvar'))).toBeLessThan(SINGLE);
  });
});

describe('parity of painting over', () => {
  it('a U-Net that inpaints is given mask and masked picture', async () => {
    seen.length = 0;
    const events = await eventsOf(nine, { mask });
    expectLoop(events, 'inpaint9');
    expectPicture(events.at(-1), 'inpaint9');
    const [first] = seen;
    const given = floats('inpaint9.unet_input');
    const cells = 16 * 12;
    const [sample, condition] = [first!.inputs.sample!, first!.inputs.inpainting!];
    for (const row of [0, 1]) {
      const at = row * 9 * cells;
      const own = (data: Tensor['data'], channels: number) =>
        data.subarray(row * channels * cells, (row + 1) * channels * cells) as Float32Array;
      expect(worst(own(sample.data, 4), given.subarray(at, at + 4 * cells))).toBeLessThan(SINGLE);
      expect(worst(own(condition.data, 5), given.subarray(at + 4 * cells, at + 9 * cells))).toBeLessThan(
        SINGLE,
      );
      expect(worst(own(condition.data, 5).subarray(cells), floats('masked_image_latents'))).toBeLessThan(
        SINGLE,
      );
    }
    expect(worst(first!.outputs.output!.data, floats('inpaint9.unet_output'))).toBeLessThan(SINGLE);
  });

  it('another U-Net keeps the rest after each step', async () => {
    const events = await eventsOf(plain, { mask });
    expectLoop(events, 'inpaint4');
    expectPicture(events.at(-1), 'inpaint4');
    // After the last step nothing but what is known stands outside of the mask.
    const final = events.at(-1)!.latents.data as Float32Array;
    const outside = floats('mask_latents').map((value) => 1 - value);
    const kept = (data: Float32Array) => data.map((value, i) => value * outside[i % outside.length]!);
    expect(worst(kept(final), kept(floats('image_latents')))).toBeLessThan(SINGLE);
  });

  it('sampling starts from a picture, in its last steps alone', async () => {
    const events = await eventsOf(plain, { strength: 0.6 });
    expectLoop(events, 'img2img');
    expect(worst(started ?? [], floats('img2img.start'))).toBeLessThan(SINGLE);
  });
});
