import type { Backend, RgbImage } from '@spatiallock/core';
import { loadModel } from '@spatiallock/core/pipeline';
import { directory } from '@spatiallock/node';
import { poi } from '@spatiallock/poi';
import { copyPictures } from './copyPictures.js';

/** What the autoencoder of a model directory makes of pictures: the best that the model can paint. */
export async function copiesOf(
  model: string,
  backend: Backend,
  images: readonly RgbImage[],
): Promise<RgbImage[]> {
  const { vae } = await loadModel(directory(model), [poi()]);
  const { autoencoder, params } = vae;
  return copyPictures(
    {
      backend,
      weights: params,
      copy: (scope, image) => autoencoder.decode(scope, autoencoder.encode(scope, image)),
    },
    images,
  );
}
