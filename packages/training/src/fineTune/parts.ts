// What a training on a user's pictures is made of: encoders of texts and pictures, and the sizes of its graph.

import { type Backend, type Layout, MAX_OBJECTS } from '@spatiallock/core';
import { latentSides } from '@spatiallock/core/models';
import { type LoadedModel, objectSlots, type UNetSizes } from '@spatiallock/core/pipeline';
import { type TextTable, textTable } from '../texts.js';
import { type PictureEncoder, pictureEncoder } from './pictureEncoder.js';
import type { FineTuneSettings } from './settings.js';
import type { ViewOptions } from './views.js';

/** What of the settings counts here. */
export type PartSettings = Pick<FineTuneSettings, 'batch' | 'minBox' | 'flip'>;

export interface Parts {
  readonly texts: TextTable;
  readonly encoder: PictureEncoder;
  readonly view: ViewOptions;
  readonly sizes: UNetSizes;
}

/** Pictures to train on and to validate on, as far as their number of objects goes. */
interface ShownPictures {
  readonly training: readonly { readonly objects: readonly unknown[] }[];
  readonly validation: readonly { readonly objects: readonly unknown[] }[];
}

export async function openParts(
  backend: Backend,
  settings: PartSettings,
  model: LoadedModel,
  dataset: ShownPictures,
  rehearsed: readonly Layout[],
): Promise<Parts> {
  const { vae, textEncoder, tokenizer } = model;
  const { batch } = settings;
  const [height, width] = latentSides(model.unet.config);
  const view = viewOf(settings, model);
  const { size } = view;
  const { config, params: weights } = textEncoder;
  const texts = await textTable({ backend, tokenizer, config, weights, batch });
  const encoder = await pictureEncoder({
    backend,
    autoencoder: vae.autoencoder,
    weights: vae.params,
    size,
    batch,
  }).catch(async (cause: unknown) => {
    await texts.dispose();
    throw cause;
  });
  return {
    texts,
    encoder,
    view,
    sizes: { batch, height, width, tokens: tokenizer.maxLength, objects: slotsOf(dataset, rehearsed) },
  };
}

/** The backend for parts that keep no more than their weights between the steps that they run in. */
export const inLowMemory = (backend: Backend): Backend => ({
  ...backend,
  compile: (graph, params, options) => backend.compile(graph, params, { ...options, lowMemory: true }),
});

/** Frees what was compiled. */
export async function closeParts({ texts, encoder }: Parts): Promise<void> {
  try {
    await texts.dispose();
  } finally {
    await encoder.dispose();
  }
}

export function viewOf({ minBox, flip }: PartSettings, model: LoadedModel): ViewOptions {
  const [height, width] = latentSides(model.unet.config);
  const { factor } = model.vae.autoencoder;
  return { size: { width: width * factor, height: height * factor }, minBox, flip };
}

/** Slots of objects that plugins serve: enough for every picture. */
function slotsOf({ training, validation: held }: ShownPictures, rehearsed: readonly Layout[]): number {
  const shown = [...training, ...held, ...rehearsed];
  // A call takes only so many arguments: as those of Math.max, a large data set would overflow the stack.
  const most = shown.reduce((largest, { objects }) => Math.max(largest, objects.length), 0);
  return objectSlots(Math.min(most, MAX_OBJECTS));
}
