// What an autoencoder makes of pictures: the best that a model can paint with its decoder.

import {
  type Backend,
  imagesOf,
  input,
  parameterStore,
  type RgbImage,
  type Scope,
  type Tensors,
  tensor,
  type Value,
} from '@spatiallock/core';
import { planesOf } from '@spatiallock/training';

export interface PictureCopies {
  readonly backend: Backend;
  /** Of the autoencoder; what it does not ask for is left out. */
  readonly weights: Tensors;
  /** Encodes and decodes one picture, [1, 3, height, width] in -1..1. */
  copy(scope: Scope, image: Value): Value;
}

/** The autoencoder's copies of pictures of one size. */
export async function copyPictures(
  { backend, weights, copy }: PictureCopies,
  images: readonly RgbImage[],
): Promise<RgbImage[]> {
  const [first] = images;
  if (!first) return [];
  const store = parameterStore();
  const image = input('image', [1, 3, first.height, first.width]);
  const graph = { inputs: { image }, params: store.params, outputs: { copied: copy(store.scope, image) } };
  const own = Object.fromEntries(Object.keys(store.params).map((name) => [name, weights[name]!]));
  const executable = await backend.compile(graph, own);
  try {
    const copies: RgbImage[] = [];
    for (const each of images) {
      const { copied } = await executable.run({ image: tensor(planesOf(each), image.shape) });
      copies.push(...imagesOf(copied!));
    }
    return copies;
  } finally {
    await executable.dispose();
  }
}
