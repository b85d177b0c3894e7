// What tells a fine-tuning from another one: settings.json of its folder holds it.

import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import { sizeOf, type Tensors } from '@spatiallock/core';
import type { JsonObject } from '@spatiallock/core/io';
import type { LoadedModel } from '@spatiallock/core/pipeline';
import type { ModelSource } from '@spatiallock/node';
import type { FineTuneOptions } from './options.js';
import type { FineTuneSettings } from './settings.js';

/** Larger tensors are told apart by name and shape alone: all numbers of a large base would take minutes to read. */
const MOST_NUMBERS = 2 ** 17;

/** Settings and all else that decides what is learnt. */
export function recordedOf(
  options: FineTuneOptions,
  settings: FineTuneSettings,
  source: ModelSource,
  { unet }: Pick<LoadedModel, 'unet'>,
): JsonObject {
  const { base, plugins, save = 'model' } = options;
  return {
    ...settings,
    plugins: plugins.map(({ name }) => name),
    base: source.remote ? base : resolve(base),
    ...(source.places.length > 1 ? { over: source.places.slice(1) } : {}),
    ...readingOf(options),
    baseWeights: weightsHash(unet.params),
    data: dataHash(options),
    save,
  };
}

/** How the base is read; null where an option is not given, for earlier versions noted none of them. */
function readingOf({ source = {} }: Pick<FineTuneOptions, 'source'>): JsonObject {
  const { prediction = null, config, tokenizer, variant = null, revision = null, embeddings = [] } = source;
  const place = (path: string | undefined): string | null => (path === undefined ? null : resolve(path));
  const tokens = embeddings.map((each) => (typeof each === 'string' ? null : (each.token ?? null)));
  return {
    ...{ prediction, config: place(config), tokenizer: place(tokenizer), variant, revision },
    embeddingTokens: tokens.some((token) => token !== null) ? tokens : null,
  };
}

/** Over names and shapes of all tensors, and over the numbers of small ones. */
function weightsHash(params: Tensors): string {
  const hash = createHash('sha256');
  for (const name of Object.keys(params).sort()) {
    const { shape } = params[name]!;
    hash.update(`${name} ${shape.join()}\n`);
    if (sizeOf(shape) > MOST_NUMBERS) continue;
    const { data } = params[name]!;
    hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  return hash.digest('hex').slice(0, 16);
}

/** Tells whether two trainings are given the same pictures and boxes, whatever is missing of them today. */
function dataHash({ pictures, captions = new Map(), images, rehearse = [] }: FineTuneOptions): string {
  const old = rehearse.length > 0 ? [rehearse] : [];
  return createHash('sha256')
    .update(JSON.stringify([resolve(images), pictures, [...captions], ...old]))
    .digest('hex')
    .slice(0, 16);
}
