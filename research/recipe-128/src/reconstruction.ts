// How well the autoencoder alone copies held-out scenes: the ceiling of what generated pictures can show.

import {
  type Backend,
  imagesOf,
  input,
  parameterStore,
  type RgbImage,
  type Tensors,
  tensor,
} from '@spatiallock/core';
import { type AutoencoderDcConfig, decodeDc, encodeDc } from '@spatiallock/core/models';
import { psnr } from '@spatiallock/research-harness';
import { type Art, renderBatch, toTensor } from '@spatiallock/research-scenes-128';
import { IMAGE_SIZE } from './settings.js';

const BATCH = 8;

export interface Reconstruction {
  /** Mean over pictures, in dB. */
  readonly psnr: number;
  /** The first originals and copies, bytes [BATCH, 128, 128, 3]. */
  readonly originals: Uint8Array;
  readonly copies: Uint8Array;
}

/** Copies `count` held-out scenes (rounded up to whole batches). */
export async function measureReconstruction(
  backend: Backend,
  art: Art,
  config: AutoencoderDcConfig,
  weights: Tensors,
  count: number,
): Promise<Reconstruction> {
  const store = parameterStore();
  const image = input('image', [BATCH, 3, IMAGE_SIZE, IMAGE_SIZE]);
  const copy = decodeDc(store.scope, config, encodeDc(store.scope, config, image));
  const executable = await backend.compile(
    { inputs: { image }, params: store.params, outputs: { copy } },
    weights,
  );
  const ratios: number[] = [];
  let first: Pick<Reconstruction, 'originals' | 'copies'> | undefined;
  for (let start = 0; start < count; start += BATCH) {
    const seeds = Array.from({ length: BATCH }, (_, i) => start + i);
    const batch = renderBatch(art, seeds, { split: 'heldout', pairs: 'any' });
    const outputs = await executable.run({ image: tensor(toTensor(batch), image.shape) });
    const copies = bytesOf(imagesOf(outputs.copy!));
    first ??= { originals: batch.images, copies };
    for (let i = 0; i < BATCH; i++) ratios.push(psnr(pictureOf(batch.images, i), pictureOf(copies, i)));
  }
  await executable.dispose();
  return { psnr: ratios.reduce((a, b) => a + b) / ratios.length, ...first! };
}

function bytesOf(images: readonly RgbImage[]): Uint8Array {
  return Uint8Array.from(images.flatMap(({ data }) => [...data]));
}

const BYTES = 3 * IMAGE_SIZE * IMAGE_SIZE;
const pictureOf = (pictures: Uint8Array, i: number): Uint8Array =>
  pictures.subarray(i * BYTES, (i + 1) * BYTES);
