// In a pipeline: pictures are steered by images, strengths of a call compile nothing, several networks act at once.

import { cpu } from '@spatiallock/backend-onnx';
import {
  createPipeline,
  type LayoutInput,
  type Plugin,
  referenceBackend,
  type StreamOptions,
} from '@spatiallock/core';
import { loadModel, unetGraph } from '@spatiallock/core/pipeline';
import { fixtureModel } from '@spatiallock/testing';
import { afterAll, describe, expect, it } from 'vitest';
import { type ControlImage, type ControlNet, controlnet, readControlNet } from '../src/index.js';
import { controlNetFiles, worst } from './support.js';

declare module '@spatiallock/core' {
  interface Layout {
    readonly pose?: ControlImage;
  }
}

const backend = cpu({ threads: 1 });
afterAll(() => backend.dispose());
const network = await readControlNet(controlNetFiles());
const model = await loadModel(fixtureModel(), []);
const SIDE = 128;
const image = (seed: number): ControlImage => ({
  width: SIDE,
  height: SIDE,
  channels: 3,
  data: Uint8Array.from({ length: 3 * SIDE * SIDE }, (_, i) => (i * seed) % 256),
});
const layout = { prompt: 'a dog', objects: [] };
const [control, pose] = [image(7), image(11)];
const quick = { steps: 2, scheduler: 'ddim', decode: false, seed: 3 } as const;

describe('in a pipeline', () => {
  it('has a strength for each call, and several at once; nothing is compiled anew', async () => {
    let compiled = 0;
    const onProgress = ({ type }: { readonly type: string }) => {
      if (type === 'compile') compiled++;
    };
    const plugins = [controlnet(network), controlnet(network, { name: 'pose', scale: 0.5 })];
    const pipe = createPipeline(model, { backend, plugins, onProgress });
    const plain = createPipeline(model, { backend });
    const latents = async (given: LayoutInput, options: StreamOptions['plugins'] = {}) =>
      (await pipe.generate(given, { ...quick, plugins: options })).latents.data as Float32Array;

    const one = await latents({ ...layout, control });
    const once = compiled;
    const both = await latents({ ...layout, control, pose });
    const half = await latents({ ...layout, control }, { control: { scale: 0.5 } });
    const guess = await latents({ ...layout, control }, { control: { guessMode: true } });
    const late = await latents({ ...layout, control }, { control: { from: 0.5 } });
    const ofCall = await latents(layout, { control: { image: control } });
    const neither = await latents(layout);
    const off = await latents({ ...layout, control }, { control: { scale: 0 } });
    expect(compiled).toBe(once);

    const without = (await plain.generate(layout, quick)).latents.data as Float32Array;
    expect(worst(neither, without)).toBeLessThan(1e-4);
    expect(worst(off, without)).toBeLessThan(1e-4);
    expect(Array.from(ofCall)).toEqual(Array.from(one));
    const all = [without, one, both, half, guess, late];
    all.forEach((a, i) => {
      for (const b of all.slice(i + 1)) expect(worst(a, b)).toBeGreaterThan(1e-3);
    });
    expect(() => pipe.stream({ ...layout, control: { ...control, channels: 4 } })).toThrow(
      'control.channels',
    );
    expect(() => pipe.stream(layout, { plugins: { pose: { scale: -1 } } })).toThrow('plugins.pose.scale');
    await Promise.all([pipe.dispose(), plain.dispose()]);
  }, 300_000);

  it('takes images of the size that a call paints', async () => {
    const pipe = createPipeline(model, { backend, plugins: [controlnet(network)] });
    // The autoencoder of the fixtures halves sides, the ControlNet divides them by 8.
    const small = { ...quick, width: 16, height: 24 };
    const plane: ControlImage = {
      width: 64,
      height: 96,
      channels: 3,
      data: new Uint8Array(3 * 64 * 96).fill(99),
    };
    const steered = await pipe.generate({ ...layout, control: plane }, small);
    const plain = await pipe.generate(layout, small);
    expect(steered.latents.shape).toEqual([1, 4, 12, 8]);
    const [a, b] = [steered, plain].map(({ latents }) => latents.data as Float32Array);
    expect(worst(a, b)).toBeGreaterThan(1e-3);
    await expect(pipe.generate({ ...layout, control }, small)).rejects.toThrow(
      'control: is 128 x 128 pixels, but must be 64 x 96; resize it first',
    );
    await pipe.dispose();
  }, 300_000);

  it('reads the latents alone beside a U-Net that inpaints', () => {
    const plugin = controlnet(network);
    const sizes = { batch: 1, height: 8, width: 8, tokens: 5, objects: 2 };
    const inpainting = { ...model.unet.config, in_channels: 9 };
    const { params } = unetGraph(inpainting, [plugin], sizes, () => true);
    expect(params['conv_in.weight'].shape[1]).toBe(9);
    expect(params['control.conv_in.weight'].shape[1]).toBe(4);
  });

  const refused = (plugins: readonly Plugin[]) => () =>
    createPipeline(model, { backend: referenceBackend(), plugins });

  it('needs another name for each', () => {
    expect(refused([controlnet(network), controlnet(network)])).toThrow('both are named "control"');
  });

  it.each([
    [
      'cross_attention_dim',
      64,
      'plugin control: cross_attention_dim is 64 in the ControlNet and 32 in the U-Net',
    ],
    ['block_out_channels', [16, 64], 'plugin control: block_out_channels is [16, 64]'],
    ['layers_per_block', [1, 1], 'plugin control: layers_per_block is [1, 1]'],
    ['in_channels', 9, 'plugin control: in_channels is 9 in the ControlNet and 4 in the U-Net'],
  ])('is refused where its %s is of another U-Net', (field, value, message) => {
    const other: ControlNet = { ...network, config: { ...network.config, [field]: value } };
    expect(refused([controlnet(other)])).toThrow(message);
  });

  it('names the weights that it lacks', () => {
    const { 'conv_in.weight': _, ...params } = network.params;
    expect(refused([controlnet({ ...network, params })])).toThrow('control.conv_in.weight');
  });
});
