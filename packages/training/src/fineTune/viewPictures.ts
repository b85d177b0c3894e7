// Views of pictures on disk as latents, read and encoded when they are asked for.

import {
  type Backend,
  input,
  parameterStore,
  type RgbImage,
  sizeOf,
  type Tensors,
  tensor,
} from '@spatiallock/core';
import { checkParams } from '@spatiallock/core/models';
import type { LatentAutoencoder } from '@spatiallock/core/pipeline';
import { readImageCrop } from '@spatiallock/node';
import type { DrawPictures, TrainingPicture } from '../pictures.js';
import { captionOf, type DatasetPicture } from './dataset.js';
import type { PictureFaults } from './pictureFaults.js';
import { middleView, randomView, type Size, type View, type ViewOptions } from './views.js';

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
export function planesOf({ data, width, height }: RgbImage): Float32Array {
  const plane = width * height;
  const out = new Float32Array(3 * plane);
  for (let i = 0; i < out.length; i++) out[(i % 3) * plane + Math.floor(i / 3)] = data[i]! / 127.5 - 1;
  return out;
}

export interface ViewSource {
  readonly pictures: readonly DatasetPicture[];
  readonly encoder: PictureEncoder;
  readonly view: ViewOptions;
  /** Called for pictures that cannot be read; others take their places. */
  readonly faults: PictureFaults;
}

/** Random views of random pictures. */
export function randomViews({ pictures, view, ...source }: ViewSource): DrawPictures {
  return (count, rng) => {
    const draw = (): Drawn => {
      const picture = pictures[rng.int(pictures.length)]!;
      return { picture, view: randomView(picture, rng, view) };
    };
    return asTrained(count, draw, source);
  };
}

/** The middle of each picture in turn, beginning anew after the last. */
export function middleViews({ pictures, view, ...source }: ViewSource): DrawPictures {
  let next = 0;
  return (count) => {
    const draw = (): Drawn => {
      const picture = pictures[next++ % pictures.length]!;
      return { picture, view: middleView(picture, view) };
    };
    return asTrained(count, draw, source);
  };
}

interface Drawn {
  readonly picture: DatasetPicture;
  readonly view: View;
}

async function asTrained(
  count: number,
  draw: () => Drawn,
  { encoder, faults }: Pick<ViewSource, 'encoder' | 'faults'>,
): Promise<TrainingPicture[]> {
  const drawn = Array.from({ length: count }, draw);
  const first = await Promise.allSettled(drawn.map(readView));
  // Others are drawn one after another, so that the step alone decides which.
  const seen: (Drawn & { readonly image: RgbImage })[] = [];
  for (const [row, outcome] of first.entries()) {
    seen.push(
      outcome.status === 'fulfilled'
        ? outcome.value
        : await readOther(drawn[row]!, outcome.reason, draw, faults),
    );
  }
  const latents = await encoder.encode(seen.map(({ image }) => image));
  return seen.map(({ picture, view }, row) => ({
    latents: latents[row]!,
    caption: picture.caption ?? captionOf(view.objects),
    objects: view.objects,
  }));
}

async function readView(drawn: Drawn): Promise<Drawn & { readonly image: RgbImage }> {
  return { ...drawn, image: await readImageCrop(drawn.picture.path, drawn.view.crop) };
}

/** Draws until a picture can be read; `faults` ends it where too many cannot. */
async function readOther(
  failed: Drawn,
  cause: unknown,
  draw: () => Drawn,
  faults: PictureFaults,
): Promise<Drawn & { readonly image: RgbImage }> {
  faults.add(failed.picture.path, cause);
  for (;;) {
    const other = draw();
    try {
      return await readView(other);
    } catch (again) {
      faults.add(other.picture.path, again);
    }
  }
}
