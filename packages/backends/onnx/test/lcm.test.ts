// A latent consistency model from its folder to its latents: the embedding of the guidance scale and the sampler, by hand.

import { type Executable, fromPretrained, type Layout, type Tensors, tensor } from '@spatiallock/core';
import { readSafetensors, writeSafetensors } from '@spatiallock/core/io';
import { fixtureBytes, fixtureJson } from '@spatiallock/fixtures';
import { poi } from '@spatiallock/poi';
import { fixtureModel } from '@spatiallock/testing';
import { afterAll, describe, expect, it } from 'vitest';
import { backend, worst } from './support.js';

const WIDTH = 256;
const SCALE = 8;
const STAND_IN = 500;
const UNET = 'unet/diffusion_pytorch_model.safetensors';
const unetConfig = fixtureJson('diffusers-sd1/unet/config.json');
const schedulerConfig = fixtureJson('diffusers-sd1/scheduler_config.json');
const base = (unetConfig as unknown as { block_out_channels: number[] }).block_out_channels[0]!;

/** As diffusers' get_guidance_scale_embedding: w = scale - 1, times 1000, sines before cosines. */
function embeddingOf(scale: number, width: number): number[] {
  const half = width / 2;
  const angles = Array.from({ length: half }, (_, i) => {
    const frequency = Math.exp((-Math.log(10_000) / (half - 1)) * i);
    return (scale - 1) * 1000 * frequency;
  });
  return [...angles.map(Math.sin), ...angles.map(Math.cos)];
}

/** The waves of a timestep, cosines before sines, at frequencies from 1 to almost 1 / 10000. */
function wavesOf(timestep: number): number[] {
  const half = base / 2;
  const angles = Array.from({ length: half }, (_, i) => timestep * 10_000 ** (-i / half));
  return [...angles.map(Math.cos), ...angles.map(Math.sin)];
}

/** A projection that turns the timestep 999 into 500 where the guidance scale is `SCALE`: W e = waves(500) - waves(999). */
function projection(): Float32Array {
  const embedding = embeddingOf(SCALE, WIDTH);
  const square = embedding.reduce((sum, each) => sum + each * each, 0);
  const [from, to] = [wavesOf(999), wavesOf(STAND_IN)];
  return Float32Array.from({ length: base * WIDTH }, (_, i) => {
    const row = Math.floor(i / WIDTH);
    return ((to[row]! - from[row]!) * embedding[i % WIDTH]!) / square;
  });
}

const lcm = () =>
  fixtureModel(
    {
      'unet/config.json': { ...unetConfig, time_cond_proj_dim: WIDTH },
      'scheduler/scheduler_config.json': { ...schedulerConfig, _class_name: 'LCMScheduler' },
    },
    {
      [UNET]: writeSafetensors({
        ...readSafetensors(fixtureBytes(`diffusers-sd1/${UNET}`)),
        'time_embedding.cond_proj.weight': tensor(projection(), [base, WIDTH]),
      }),
    },
  );

const layout: Layout = { prompt: 'a dog', objects: [{ phrase: 'a dog', box: [0.1, 0.3, 0.5, 0.9] }] };

interface Call {
  readonly given: Tensors;
  readonly output: Float32Array;
  readonly executable: Executable;
}

/** Paints, and notes each call of the U-Net. */
async function painted(
  files: ReturnType<typeof fixtureModel>,
  options: { steps: number; guidanceScale: number },
) {
  const calls: Call[] = [];
  const noting = {
    ...backend,
    async compile(...args: Parameters<typeof backend.compile>) {
      const executable = await backend.compile(...args);
      return {
        ...executable,
        async run(given: Tensors) {
          const outputs = await executable.run(given);
          const [output] = Object.values(outputs);
          if (given.sample) calls.push({ given, output: output!.data as Float32Array, executable });
          return outputs;
        },
      };
    },
  };
  const pipe = await fromPretrained(files, { backend: noting, plugins: [poi()] });
  const { latents } = await pipe.generate(layout, { ...options, seed: 3, decode: false });
  return { pipe, calls, latents: latents.data as Float32Array };
}

afterAll(() => backend.dispose());

describe('a latent consistency model', async () => {
  const { pipe, calls, latents } = await painted(lcm(), { steps: 2, guidanceScale: SCALE });
  afterAll(() => pipe.dispose());

  it('is called once a step, in the middle of its 50 timesteps, with the embedding of the scale and without a second row', () => {
    expect(calls.map(({ given }) => [...given.timestep!.data])).toEqual([[999], [499]]);
    for (const { given } of calls) {
      const [name] = Object.keys(given).filter((each) => given[each]!.shape.join() === `1,${WIDTH}`);
      const { data } = given[name!]!;
      embeddingOf(SCALE, WIDTH).forEach((value, i) => {
        expect(Math.abs(data[i]! - value)).toBeLessThan(1e-5);
      });
      expect(given.sample!.shape[0]).toBe(1);
    }
  });

  it("adds the projected embedding to the timestep's waves", async () => {
    const plain = await painted(fixtureModel(), { steps: 1, guidanceScale: 1 });
    const [{ executable, given }] = plain.calls as [Call];
    const [first] = calls as [Call, Call];
    const known = Object.fromEntries(Object.keys(given).map((name) => [name, first.given[name]!]));
    const outputs = await executable.run({ ...known, timestep: tensor([STAND_IN], [1]) });
    expect(worst(first.output, Object.values(outputs)[0]!.data)).toBeLessThan(1e-4);
    // Without the embedding the network stands at 999.
    const unconditioned = await executable.run(known);
    expect(worst(first.output, Object.values(unconditioned)[0]!.data)).toBeGreaterThan(1e-2);
    await plain.pipe.dispose();
  });

  it('goes to the clean latents by the boundary condition, and back to 499 with fresh noise', () => {
    const alphas = Array.from({ length: 1000 }, (_, i) => {
      const root = Math.sqrt(0.00085) + (i / 999) * (Math.sqrt(0.012) - Math.sqrt(0.00085));
      return 1 - root * root;
    });
    const alphaAt = (timestep: number): number =>
      alphas.slice(0, timestep + 1).reduce((product, each) => product * each, 1);
    const denoised = ({ given, output }: Call): Float32Array => {
      const timestep = given.timestep!.data[0]!;
      const [alpha, scaled] = [alphaAt(timestep), timestep * 10];
      const skip = 0.25 / (scaled ** 2 + 0.25);
      const out = scaled / Math.sqrt(scaled ** 2 + 0.25);
      return (given.sample!.data as Float32Array).map(
        (x, i) => (out * (x - Math.sqrt(1 - alpha) * output[i]!)) / Math.sqrt(alpha) + skip * x,
      );
    };
    const [first, second] = calls as [Call, Call];
    expect(worst(latents, denoised(second))).toBeLessThan(1e-4);
    const alpha = alphaAt(499);
    const clean = denoised(first);
    const noise = Array.from(
      second.given.sample!.data,
      (x, i) => (x - Math.sqrt(alpha) * clean[i]!) / Math.sqrt(1 - alpha),
    );
    const mean = noise.reduce((sum, each) => sum + each, 0) / noise.length;
    const deviation = Math.sqrt(noise.reduce((sum, each) => sum + (each - mean) ** 2, 0) / noise.length);
    // 256 normal numbers: five standard errors.
    expect(Math.abs(mean)).toBeLessThan(5 / Math.sqrt(noise.length));
    expect(Math.abs(deviation - 1)).toBeLessThan(5 / Math.sqrt(2 * noise.length));
    expect(noise).not.toEqual(Array.from(first.given.sample!.data));
  });
});
