// The way of a picture into fine-tuning, against values that were worked out by hand.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { multiply, referenceBackend, type Scope, tensor, type Value } from '@spatiallock/core';
import { random } from '@spatiallock/core/nn';
import { latentAutoencoder } from '@spatiallock/core/pipeline';
import { encodePng, type RgbImage, readImageCrop } from '@spatiallock/node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pictureFaults } from '../src/fineTune/pictureFaults.js';
import { middleViews, randomViews } from '../src/fineTune/viewPictures.js';
import {
  type DatasetPicture,
  middleView,
  noConditionDropout,
  noisyBatches,
  type PictureEncoder,
  pictureEncoder,
  planesOf,
  randomView,
  type TrainingPicture,
} from '../src/index.js';
import { batchOptions, config, fakeTexts, SIDE } from './support.js';

const folder = mkdtempSync(join(tmpdir(), 'spatiallock-data-path-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** 6 x 4 pixels; red tells the column, green the row. */
const image: RgbImage = {
  width: 6,
  height: 4,
  channels: 3,
  data: Uint8ClampedArray.from({ length: 72 }, (_, i) => {
    const [pixel, channel] = [Math.floor(i / 3), i % 3];
    return [40 * (pixel % 6), 60 * Math.floor(pixel / 6), 7][channel]!;
  }),
};
const picture = (name: string): DatasetPicture => ({
  path: join(folder, name),
  width: 6,
  height: 4,
  objects: [{ label: 'dog', phrase: 'a dog', box: [1 / 6, 0.25, 0.5, 0.75] }],
});
const view = { size: { width: 4, height: 4 }, minBox: 0.04, flip: true };

beforeAll(async () => {
  const bytes = await encodePng(image);
  for (let i = 0; i < 40; i++) writeFileSync(join(folder, `${i}.png`), bytes);
  mkdirSync(join(folder, 'folder.png'));
});

describe('a crop', () => {
  it('takes these pixels, left to right, or mirrored', async () => {
    const crop = { left: 1, top: 2, width: 3, height: 2, flip: false, size: { width: 3, height: 2 } };
    const rows = async (flip: boolean) => {
      const { data } = await readImageCrop(join(folder, '0.png'), { ...crop, flip });
      return Array.from({ length: 6 }, (_, i) => [data[3 * i], data[3 * i + 1]]);
    };
    const kept = [40, 80, 120].map((red) => [red, 120]);
    const below = [40, 80, 120].map((red) => [red, 180]);
    expect(await rows(false)).toEqual([...kept, ...below]);
    expect(await rows(true)).toEqual([...kept.reverse(), ...below.reverse()]);
  });

  it('in the middle of 6 x 4 is columns 1 to 4, and boxes are counted from its corner', () => {
    const { crop, objects } = middleView(picture('0.png'), view);
    expect(crop).toMatchObject({ left: 1, top: 0, width: 4, height: 4, flip: false });
    // Columns 1 to 3 of the picture are columns 0 to 2 of the view.
    expect(objects.map(({ box }) => box.map((edge) => Number(edge.toFixed(12))))).toEqual([
      [0, 0.25, 0.5, 0.75],
    ]);
  });

  it('mirrors boxes with the pixels: the marked ones stay inside', async () => {
    const marked: RgbImage = { ...image, data: image.data.slice() };
    for (const at of [7, 8, 13, 14]) marked.data.fill(255, 3 * at, 3 * at + 3);
    writeFileSync(join(folder, 'marked.png'), await encodePng(marked));
    const large = { ...view, size: { width: 40, height: 40 } };
    const flips = new Set<boolean>();
    for (let seed = 0; seed < 12; seed++) {
      const { crop, objects } = randomView(picture('marked.png'), random(seed), large);
      if (objects.length === 0) continue;
      flips.add(crop.flip);
      const exact = { ...crop, size: { width: crop.width, height: crop.height } };
      const { data, width, height } = await readImageCrop(join(folder, 'marked.png'), exact);
      const [x0, y0, x1, y1] = objects[0]!.box;
      for (let i = 0; i < width * height; i++) {
        const [x, y] = [((i % width) + 0.5) / width, (Math.floor(i / width) + 0.5) / height];
        expect(data[3 * i + 2] === 255).toBe(x > x0 && x < x1 && y > y0 && y < y1);
      }
    }
    expect([...flips].sort()).toEqual([false, true]);
  });
});

describe('numbers of a picture', () => {
  it('bytes become -1..1, one plane for each channel', () => {
    const two: RgbImage = {
      width: 2,
      height: 1,
      channels: 3,
      data: Uint8ClampedArray.of(0, 51, 255, 255, 102, 0),
    };
    expect([...planesOf(two)].map((value) => Number(value.toFixed(6)))).toEqual([-1, 1, -0.6, -0.2, 1, -1]);
  });

  it('latents are scaled by the factor of their autoencoder', async () => {
    const json = {
      in_channels: 3,
      out_channels: 3,
      latent_channels: 4,
      encoder_block_out_channels: [4],
      decoder_block_out_channels: [4],
      num_encoder_blocks: [1],
      num_decoder_blocks: [1],
      act_fn: 'relu',
      upsampling_scaling_factor: 2,
    };
    const encoded = async (scaling_factor: number) => {
      const encoder = latentAutoencoder('AutoencoderTiny', { ...json, scaling_factor }).encode;
      return weighted(encoder, (name, length) =>
        Float32Array.from({ length }, (_, i) => ((i * 7 + name.length) % 5) / 9 - 0.2),
      );
    };
    const [plain, scaled] = [await encoded(1), await encoded(0.25)];
    expect(plain.some((value) => Math.abs(value) > 0.01)).toBe(true);
    plain.forEach((value, i) => {
      expect(scaled[i]).toBeCloseTo(0.25 * value, 6);
    });
  });

  it('latents of AutoencoderKL are shifted first, then scaled', async () => {
    const json = {
      block_out_channels: [4],
      down_block_types: ['DownEncoderBlock2D'],
      up_block_types: ['UpDecoderBlock2D'],
      latent_channels: 4,
      layers_per_block: 1,
      norm_num_groups: 2,
    };
    const encoded = async (more: object) =>
      weighted(latentAutoencoder('AutoencoderKL', { ...json, ...more }).encode, (name, length) =>
        Float32Array.from({ length }, (_, i) => ((i * 7 + name.length) % 5) / 9 - 0.2),
      );
    const plain = await encoded({ scaling_factor: 1, shift_factor: 0 });
    const scaled = await encoded({ scaling_factor: 0.25, shift_factor: 0.5 });
    expect(plain.some((value) => Math.abs(value) > 0.01)).toBe(true);
    plain.forEach((value, i) => {
      expect(scaled[i]).toBeCloseTo(0.25 * (value - 0.5), 5);
    });
  });

  it('latents of each picture of a batch are its own, whatever stands beside it', async () => {
    const encode = (_: Scope, given: Value) => multiply(given, 2);
    const two = (values: readonly number[]): RgbImage => ({
      width: 2,
      height: 1,
      channels: 3,
      data: Uint8ClampedArray.from(values),
    });
    const open = await pictureEncoder({
      backend: referenceBackend(),
      autoencoder: { encode },
      weights: {},
      size: { width: 2, height: 1 },
      batch: 3,
    });
    const latents = await open.encode([two([0, 0, 0, 255, 255, 255]), two([255, 0, 255, 0, 255, 0])]);
    await open.dispose();
    expect(latents.map((each) => [...each])).toEqual([
      [-2, 2, -2, 2, -2, 2],
      [2, -2, -2, 2, 2, -2],
    ]);
  });

  /** Latents of one 4 x 4 picture by an encoder whose weights are given by name. */
  async function weighted(
    encode: (scope: Scope, image: Value) => Value,
    values: (name: string, length: number) => Float32Array,
  ): Promise<Float32Array> {
    const { parameterStore, input } = await import('@spatiallock/core');
    const { scope, params } = parameterStore();
    encode(scope, input('image', [1, 3, 4, 4]));
    const weights = Object.fromEntries(
      Object.entries(params).map(([name, { shape }]) => [
        name,
        tensor(
          values(
            name,
            shape.reduce((a, b) => a * b, 1),
          ),
          shape,
        ),
      ]),
    );
    const open = await pictureEncoder({
      backend: referenceBackend(),
      autoencoder: { encode },
      weights,
      size: { width: 4, height: 4 },
      batch: 1,
    });
    const [latents] = await open.encode([{ ...image, width: 4, data: image.data.slice(0, 48) }]);
    await open.dispose();
    return latents!;
  }
});

describe('what a step is fed', () => {
  const latents = new Float32Array(config.in_channels * SIDE ** 2).fill(2);
  const objects = [{ label: 'dog', phrase: 'a dog', box: [0, 0, 0.5, 0.5] as const }];
  const given: TrainingPicture = { latents, caption: 'a dog', objects };
  const pictures = (count: number) => Array.from({ length: count }, () => given);

  /** How often each is left out in so many rows. */
  async function shares(options: Parameters<typeof batchOptions>[0]) {
    const seen: string[] = [];
    const batch = noisyBatches(batchOptions({ pictures, texts: fakeTexts(seen), ...options }));
    let [both, caption, boxes] = [0, 0, 0];
    const steps = 250;
    for (let step = 0; step < steps; step++) {
      const from = seen.length;
      const feeds = await batch(step);
      const masks = Object.entries(feeds).find(([name]) => /mask/i.test(name))![1];
      const slots = masks.data.length / 4;
      for (let row = 0; row < 4; row++) {
        const noCaption = seen[from + row] === '';
        const noBoxes = [...masks.data.slice(row * slots, (row + 1) * slots)].every(
          (mask) => Number(mask) === 0,
        );
        if (noCaption && noBoxes) both++;
        else if (noCaption) caption++;
        else if (noBoxes) boxes++;
      }
    }
    return [both, caption, boxes].map((count) => count / (4 * steps));
  }

  it('leaves out caption and boxes at the given rate', async () => {
    const [both, caption, boxes] = await shares({
      conditionDropout: { both: 0.4, caption: 0.1, objects: 0.2 },
    });
    expect(both).toBeCloseTo(0.4, 1);
    expect(caption).toBeCloseTo(0.1, 1);
    expect(boxes).toBeCloseTo(0.2, 1);
  });

  it('leaves out nothing for validation', async () => {
    expect(await shares({ conditionDropout: noConditionDropout })).toEqual([0, 0, 0]);
  });

  it('holds clean latents as they are, and a noise of mean 0 and std 1', async () => {
    const feeds = await noisyBatches(batchOptions({ pictures }))(3);
    expect([...new Set(feeds.clean!.data as Float32Array)]).toEqual([2]);
    const noise = feeds.noise!.data as Float32Array;
    const mean = noise.reduce((a, b) => a + b, 0) / noise.length;
    expect(Math.abs(mean)).toBeLessThan(4 / Math.sqrt(noise.length));
    const square = noise.reduce((a, b) => a + b * b, 0) / noise.length;
    expect(Math.abs(square - 1)).toBeLessThan(8 / Math.sqrt(noise.length));
    for (let row = 0; row < 4; row++) {
      const [signal, level] = [feeds.signalLevel!.data[row]!, feeds.noiseLevel!.data[row]!].map(Number) as [
        number,
        number,
      ];
      expect(signal ** 2 + level ** 2).toBeCloseTo(1, 5);
      // One timestep out of each quarter of the thousand.
      expect(Math.floor(Number(feeds.timestep!.data[row]) / 250)).toBe(row);
    }
  });
});

describe('pictures that cannot be read while training', () => {
  const encoder: PictureEncoder = {
    encode: async (images) => images.map(({ data }) => Float32Array.of(data[0]!)),
    dispose: async () => undefined,
  };
  const good = (count: number) => Array.from({ length: count }, (_, i) => picture(`${i}.png`));

  it('are skipped, counted and reported once; others are taken in their places', async () => {
    const reported: string[] = [];
    const faults = pictureFaults(40, (message) => reported.push(message));
    const pictures = [picture('gone.png'), picture('folder.png'), ...good(38)];
    const draw = randomViews({ pictures, encoder, view, faults });
    for (let step = 0; step < 12; step++) expect(await draw(8, random(step))).toHaveLength(8);
    expect(faults.count).toBe(2);
    expect(reported.map((line) => line.replace(`${folder}/`, ''))).toEqual([
      expect.stringMatching(/^\w+\.png: .*; the picture is skipped \(1 of 40 so far\)$/),
      expect.stringMatching(/^\w+\.png: .*; the picture is skipped \(2 of 40 so far\)$/),
    ]);
    const again = randomViews({ pictures, encoder, view, faults: pictureFaults(40) });
    expect(await again(8, random(5))).toEqual(await draw(8, random(5)));
  });

  it('end the training where they are more than 1 in 20', async () => {
    const pictures = [picture('gone.png'), picture('folder.png'), ...good(30)];
    const faults = pictureFaults(pictures.length);
    const draw = middleViews({ pictures, encoder, view, faults });
    await expect(draw(32, random(1))).rejects.toThrow(
      /^pictures: 2 of 32 cannot be read, more than 1 in 20; the last: .*png: /,
    );
    const only = pictureFaults(1);
    const single = randomViews({ pictures: [picture('gone.png')], encoder, view, faults: only });
    await expect(single(1, random(1))).rejects.toThrow('pictures: 1 of 1 cannot be read');
  });
});
