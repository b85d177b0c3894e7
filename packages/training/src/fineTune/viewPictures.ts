// Views of pictures on disk as latents, read and encoded when they are asked for.

import type { RgbImage } from '@spatiallock/core';
import { readImageCrop } from '@spatiallock/node';
import type { DrawPictures, TrainingPicture } from '../pictures.js';
import { captionOf } from './captions.js';
import type { DatasetPicture } from './dataset.js';
import type { PictureEncoder } from './pictureEncoder.js';
import type { PictureFaults } from './pictureFaults.js';
import { middleView, randomView, type View, type ViewOptions } from './views.js';

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
