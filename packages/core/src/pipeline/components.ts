// A loaded model, ready to be compiled.

import type { Tensors } from '../graph/tensor.js';
import { decoderGraph } from './autoencoder.js';
import { graphCache, paramsFor } from './graphCache.js';
import type { LoadedModel } from './loadModel.js';
import type { PipelineOptions } from './pipeline.js';
import type { Components } from './sampling.js';
import { textGraph } from './textEncoding.js';
import { objectSlots, unetGraph } from './unet.js';

/** Sides of latents that diffusers takes where sample_size is null. */
const STANDARD_SIDE = 64;

/** Throws, before anything is compiled, where a checkpoint lacks a parameter that a graph asks for. */
export function createComponents(model: LoadedModel, options: PipelineOptions): Components {
  const { backend, plugins = [], onProgress } = options;
  const { unet, vae, textEncoder, tokenizer } = model;
  const { config } = unet;
  const side = config.sample_size ?? STANDARD_SIDE;
  const [height, width] = typeof side === 'number' ? [side, side] : side;
  const has = (name: string): boolean => Object.hasOwn(unet.params, name);
  const build = (batch: number, objects: number) =>
    unetGraph(config, plugins, { batch, objects, height, width, tokens: tokenizer.maxLength }, has);

  const withPlugins = ['unet', plugins.map((plugin) => plugin.name).join(', ')]
    .filter(Boolean)
    .join(' with ');
  paramsFor(build(1, objectSlots(0)), unet.params, withPlugins);
  paramsFor(textGraph(textEncoder.config, tokenizer.maxLength), textEncoder.params, 'text_encoder');
  paramsFor(decoderGraph(vae.decoder, height, width), vae.params, 'vae');

  const graphsOf = (component: string, params: Tensors) =>
    graphCache({ component, backend, params, onProgress });
  return {
    plugins,
    unet: { config, height, width, has, build, graphs: graphsOf('unet', unet.params) },
    text: {
      config: textEncoder.config,
      tokenizer,
      graphs: graphsOf('text_encoder', textEncoder.params),
    },
    decoding: { decoder: vae.decoder, graphs: graphsOf('vae', vae.params) },
  };
}
