// The stage that trains the autoencoder on, with a small autoencoder and pictures that are bright where objects stand.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cpu } from '@spatiallock/backend-onnx';
import { input, layers, parameterStore, type Tensors, tensor } from '@spatiallock/core';
import { type AutoencoderDcConfig, decodeDc, encodeDc } from '@spatiallock/core/models';
import { initialise, normals } from '@spatiallock/core/nn';
import type * as scenes from '@spatiallock/research-scenes-128';
import { trainStage } from '@spatiallock/training';
import { afterAll, expect, it, vi } from 'vitest';
import { deeperAutoencoder } from '../src/deeperAutoencoder.js';
import { autoencoderConfig, IMAGE_SIZE } from '../src/settings.js';
import { type Likeness, sharpeningStage } from '../src/sharpening.js';

vi.mock('@spatiallock/research-scenes-128', async (original) => {
  const real = await original<typeof scenes>();
  const renderBatch: typeof real.renderBatch = (_art, seeds, options = {}) => {
    const plans = seeds.map((seed) => real.planScene(seed, options));
    const images = new Uint8Array(seeds.length * 3 * IMAGE_SIZE ** 2);
    plans.forEach(({ objects }, n) => {
      for (const { box } of objects)
        paint(
          images,
          n,
          box.map((side) => Math.round(side * IMAGE_SIZE)),
        );
    });
    return { images, plans, size: IMAGE_SIZE };
  };
  return { ...real, renderBatch };
});

function paint(images: Uint8Array, n: number, [x0, y0, x1, y1]: number[]): void {
  for (let y = y0!; y < y1!; y++) {
    const row = 3 * (n * IMAGE_SIZE ** 2 + y * IMAGE_SIZE);
    images.fill(255, row + 3 * x0!, row + 3 * x1!);
  }
}

const folder = mkdtempSync(join(tmpdir(), 'spatiallock-sharpening-'));
const backend = cpu({ threads: 1 });
afterAll(async () => {
  await backend.dispose();
  rmSync(folder, { recursive: true });
});

const config = {
  ...autoencoderConfig,
  latent_channels: 4,
  encoder_block_out_channels: [4, 4, 8, 16],
  decoder_block_out_channels: [4, 4, 8, 16],
  encoder_layers_per_block: [0, 1, 1, 1],
  decoder_layers_per_block: [0, 1, 1, 1],
};
const run = { steps: 160, batch: 4, crop: 32, peak: 5e-3, scenes: 8 };

function startWeights(): Tensors {
  const { scope, params } = parameterStore();
  const image = input('image', [1, 3, 32, 32]);
  decodeDc(scope, config, encodeDc(scope, config, image));
  return initialise(params, 3);
}

const kernel = tensor(
  Float32Array.from(normals(4, 2 * 3), (value) => value / 3),
  [2, 3, 1, 1],
);
const likeness: Likeness = {
  maps: (scope, image) => [layers.conv2d(scope.at('conv'), image, 2, 1, { bias: false })],
  weights: { 'conv.weight': kernel, 'head.weight': tensor([1], [1]) },
};

it('improves copies, and leaves the first encoder and the likeness as they were', async () => {
  const start = startWeights();
  const stage = sharpeningStage({} as scenes.Art, run, start, likeness, config);
  const lines: string[] = [];
  const context = {
    backend,
    folder,
    signal: new AbortController().signal,
    onLine: (line: string) => lines.push(line),
  };
  const weights = await trainStage(stage, context);
  const figure = (line: string, name: string): number => Number(new RegExp(`${name} (\\S+)`).exec(line)![1]);
  expect(figure(lines.at(-1)!, 'likeness')).toBeLessThan(0.8 * figure(lines[0]!, 'likeness'));
  expect(figure(lines.at(-1)!, 'drift')).toBeGreaterThan(0);
  expect(weights['likeness.conv.weight']).toEqual(kernel);
  expect(weights).not.toHaveProperty(['likeness.head.weight']);
  const [name] = Object.keys(start).filter((each) => each.startsWith('encoder.') && each.endsWith('weight'));
  expect(weights[`before.${name}`]).toEqual(start[name!]);
  expect(weights[name!]).not.toEqual(start[name!]);
});

it('is as it was where only its depth changed', async () => {
  const deeper = {
    ...config,
    encoder_layers_per_block: [0, 2, 3, 2],
    decoder_layers_per_block: [0, 3, 1, 2],
  };
  const start = startWeights();
  const before = await copyOf(config, start);
  expect(Math.max(...before)).toBeGreaterThan(0.01);
  await expect(copyOf(deeper, start)).rejects.toThrow('encoder.down_blocks.1.1.conv1');
  expect(await copyOf(deeper, deeperAutoencoder(start, deeper))).toEqual(before);
});

async function copyOf(of: AutoencoderDcConfig, weights: Tensors): Promise<Float32Array> {
  const { scope, params } = parameterStore();
  const image = input('image', [1, 3, 32, 32]);
  const copy = decodeDc(scope, of, encodeDc(scope, of, image));
  const executable = await backend.compile({ inputs: { image }, params, outputs: { copy } }, weights);
  const picture = tensor(normals(6, 3 * 32 * 32), [1, 3, 32, 32]);
  const outputs = await executable.run({ image: picture });
  await executable.dispose();
  return outputs.copy!.data as Float32Array;
}

it('weighs the cells of objects in each crop, and most crops show an object', async () => {
  const stage = sharpeningStage(
    {} as scenes.Art,
    { ...run, batch: 40, scenes: 30 },
    startWeights(),
    likeness,
    config,
  );
  const { image, weight } = await stage.batch(7);
  const pixels = image!.data as Float32Array;
  const weights = weight!.data as Float32Array;
  let shown = 0;
  for (let n = 0; n < 40; n++) {
    const plane = pixels.subarray(n * 3 * 1024, n * 3 * 1024 + 1024);
    if (plane.some((value) => value === 1)) shown++;
    plane.forEach((value, i) => {
      // A bright pixel lies in a box, so at least its own cell is covered in part.
      if (value === 1) expect(weights[n * 1024 + i]).toBeGreaterThan(1);
    });
  }
  expect(shown).toBeGreaterThan(28);
});
