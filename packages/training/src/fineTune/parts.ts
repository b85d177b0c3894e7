// What a training on a user's pictures is made of: encoders of texts and pictures, and the sizes of its graph.

import type { Backend } from '@spatiallock/core';
import { readComponentConfig, readModelIndex } from '@spatiallock/core/io';
import { latentSides } from '@spatiallock/core/models';
import { type LoadedModel, objectSlots, type UNetSizes } from '@spatiallock/core/pipeline';
import { directory } from '@spatiallock/node';
import { latentEncoder } from '../encoder.js';
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
  { backend, base }: { readonly backend: Backend; readonly base: string },
  settings: FineTuneSettings,
  model: LoadedModel,
  dataset: Dataset,
): Promise<Parts> {
  const { vae, textEncoder, tokenizer } = model;
  const { batch } = settings;
  const files = directory(base);
  const vaeClass = (await readModelIndex(files)).components.vae!.className;
  const [height, width] = latentSides(model.unet.config);
  const view = viewOf(settings, model);
  const { size } = view;
  const encode = latentEncoder(vaeClass, await readComponentConfig(files, 'vae'));
  return {
    texts: await textTable({
      backend,
      tokenizer,
      config: textEncoder.config,
      weights: textEncoder.params,
      batch,
    }),
    encoder: await pictureEncoder({ backend, encoder: encode, weights: vae.params, size, batch }),
    view,
    sizes: { batch, height, width, tokens: tokenizer.maxLength, objects: slotsOf(dataset) },
  };
}

export function viewOf({ minBox, flip }: FineTuneSettings, model: LoadedModel): ViewOptions {
  const [height, width] = latentSides(model.unet.config);
  const { factor } = model.vae.decoder;
  return { size: { width: width * factor, height: height * factor }, minBox, flip };
}

/** Slots of objects that plugins serve: enough for every picture. */
function slotsOf({ training, validation: held }: Dataset): number {
  return objectSlots(Math.max(...[...training, ...held].map(({ objects }) => objects.length)));
}
