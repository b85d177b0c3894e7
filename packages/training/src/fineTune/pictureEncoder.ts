// Pictures as latents, by the model's own autoencoder.

import {
  type Backend,
  input,
  parameterStore,
  type RgbImage,
  sizeOf,
  type Tensors,
  tensor,
} from '@spatiallock/core';
import { checkBackend, checkImage, checkMethods, checkObject, checkWhole } from '@spatiallock/core/checks';
import { checkParams } from '@spatiallock/core/models';
import type { LatentAutoencoder } from '@spatiallock/core/pipeline';
import type { Size } from './views.js';

/** Encodes pictures to latents, [C, h, w] each. */
export interface PictureEncoder {
  /** Latents of up to `batch` pictures. */
  encode(images: readonly RgbImage[]): Promise<Float32Array[]>;
  /** Frees the compiled encoder. */
  dispose(): Promise<void>;
}

/** Options of `pictureEncoder`. */
export interface PictureEncoderOptions {
  readonly backend: Backend;
  readonly autoencoder: Pick<LatentAutoencoder, 'encode'>;
  /** The autoencoder's parameters; what the encoder does not ask for is left out. */
  readonly weights: Tensors;
  readonly size: Size;
  readonly batch: number;
}

/** Compiles the encoder; rejects where it lacks a parameter. */
export async function pictureEncoder(options: PictureEncoderOptions): Promise<PictureEncoder> {
  checkBackend(checkObject(options, 'options').backend, 'options.backend');
  checkMethods(
    options.autoencoder,
    ['encode'],
    'options.autoencoder',
    'an autoencoder, as latentAutoencoder() gives',
  );
  checkObject(options.weights, 'options.weights');
  checkObject(options.size, 'options.size');
  checkWhole(options.batch, { min: 1, max: 1e4 }, 'options.batch');
  const { backend, autoencoder, weights, batch } = options;
  const { width, height } = options.size;
  const store = parameterStore();
  const image = input('image', [batch, 3, height, width]);
  const latents = autoencoder.encode(store.scope, image);
  const own = Object.fromEntries(
    Object.entries(weights).filter(([name]) => Object.hasOwn(store.params, name)),
  );
  checkParams(store.params, own, { title: 'vae encoder' });
  const graph = { inputs: { image }, params: store.params, outputs: { latents } };
  const executable = await backend.compile(graph, own);
  const size = sizeOf(latents.shape) / batch;
  return {
    async encode(images) {
      const data = new Float32Array(sizeOf(image.shape));
      images.forEach((each, row) => {
        data.set(planesOf(each), row * 3 * width * height);
      });
      const outputs = await executable.run({ image: tensor(data, image.shape) });
      const all = outputs.latents!.data as Float32Array;
      return images.map((_, row) => all.slice(row * size, (row + 1) * size));
    },
    dispose: () => executable.dispose(),
  };
}

/** Bytes of one pixel after another to planes [3, height, width] in -1..1. */
export function planesOf(image: RgbImage): Float32Array {
  checkImage(image);
  const { data, width, height } = image;
  const plane = width * height;
  const out = new Float32Array(3 * plane);
  for (let i = 0; i < out.length; i++) out[(i % 3) * plane + Math.floor(i / 3)] = data[i]! / 127.5 - 1;
  return out;
}
