// What a training on a user's pictures is made of: encoders of texts and pictures, and the sizes of its graph.

import type { Backend } from '@spatiallock/core';
import { latentSides } from '@spatiallock/core/models';
import { type LoadedModel, objectSlots, type UNetSizes } from '@spatiallock/core/pipeline';
import { type TextTable, textTable } from '../texts.js';
import type { Dataset } from './dataset.js';
import type { FineTuneSettings } from './settings.js';
import { type PictureEncoder, pictureEncoder } from './viewPictures.js';
import type { ViewOptions } from './views.js';

export interface Parts {
  readonly texts: TextTable;
  readonly encoder: PictureEncoder;
  readonly view: ViewOptions;
  readonly sizes: UNetSizes;
}

export async function openParts(
  backend: Backend,
  settings: FineTuneSettings,
  model: LoadedModel,
  dataset: Dataset,
): Promise<Parts> {
  const { vae, textEncoder, tokenizer } = model;
  const { batch } = settings;
  const [height, width] = latentSides(model.unet.config);
  const view = viewOf(settings, model);
  const { size } = view;
  return {
    texts: await textTable({
      backend,
      tokenizer,
      config: textEncoder.config,
      weights: textEncoder.params,
      batch,
    }),
    encoder: await pictureEncoder({
      backend,
      autoencoder: vae.autoencoder,
      weights: vae.params,
      size,
      batch,
    }),
    view,
    sizes: { batch, height, width, tokens: tokenizer.maxLength, objects: slotsOf(dataset) },
  };
}

export function viewOf({ minBox, flip }: FineTuneSettings, model: LoadedModel): ViewOptions {
  const [height, width] = latentSides(model.unet.config);
  const { factor } = model.vae.autoencoder;
  return { size: { width: width * factor, height: height * factor }, minBox, flip };
}

/** Slots of objects that plugins serve: enough for every picture. */
function slotsOf({ training, validation: held }: Dataset): number {
  return objectSlots(Math.max(...[...training, ...held].map(({ objects }) => objects.length)));
}
