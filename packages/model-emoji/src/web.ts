// The embedded model for pages: its files as assets that a bundler serves.

import type { FileSource } from '@spatiallock/core';

export { type ExampleLayout, exampleLayouts } from './exampleLayouts.js';

// Each address is written out: this is the form in which Vite, webpack and Parcel find assets.
const addresses: Readonly<Record<string, URL>> = {
  'model_index.json': new URL('../model/model_index.json', import.meta.url),
  'poi/diffusion_pytorch_model.safetensors': new URL(
    '../model/poi/diffusion_pytorch_model.safetensors',
    import.meta.url,
  ),
  'scheduler/scheduler_config.json': new URL('../model/scheduler/scheduler_config.json', import.meta.url),
  'spatiallock.json': new URL('../model/spatiallock.json', import.meta.url),
  'text_encoder/config.json': new URL('../model/text_encoder/config.json', import.meta.url),
  'text_encoder/model.safetensors': new URL('../model/text_encoder/model.safetensors', import.meta.url),
  'tokenizer/merges.txt': new URL('../model/tokenizer/merges.txt', import.meta.url),
  'tokenizer/special_tokens_map.json': new URL('../model/tokenizer/special_tokens_map.json', import.meta.url),
  'tokenizer/tokenizer_config.json': new URL('../model/tokenizer/tokenizer_config.json', import.meta.url),
  'tokenizer/vocab.json': new URL('../model/tokenizer/vocab.json', import.meta.url),
  'tokenizer/words.json': new URL('../model/tokenizer/words.json', import.meta.url),
  'unet/config.json': new URL('../model/unet/config.json', import.meta.url),
  'unet/diffusion_pytorch_model.safetensors': new URL(
    '../model/unet/diffusion_pytorch_model.safetensors',
    import.meta.url,
  ),
  'vae/config.json': new URL('../model/vae/config.json', import.meta.url),
  'vae/diffusion_pytorch_model.safetensors': new URL(
    '../model/vae/diffusion_pytorch_model.safetensors',
    import.meta.url,
  ),
};

/** Paths of the embedded model's files, as in its directory. */
export const modelPaths: readonly string[] = Object.keys(addresses);

/**
 * The embedded model's files, fetched from where the bundler put them; for `fromPretrained` of `@spatiallock/core`. A
 * bundler that leaves `new URL(..., import.meta.url)` as it is, such as esbuild, needs the folder
 * `@spatiallock/model-emoji/model` copied to `../model` of the bundle. Rejects with the path and the server's status.
 */
export const modelFiles: FileSource = {
  async read(path) {
    const address = Object.hasOwn(addresses, path) ? addresses[path] : undefined;
    if (address === undefined) return undefined;
    const reply = await fetch(address.href);
    if (!reply.ok) throw new Error(`${path}: the server answered ${reply.status} for ${address.href}`);
    return new Uint8Array(await reply.arrayBuffer());
  },
  exists: async (path) => Object.hasOwn(addresses, path),
};
