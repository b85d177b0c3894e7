// A loaded model, ready to be compiled.

import { hoisting } from '../device/hoisting.js';
import type { Tensors } from '../graph/tensor.js';
import { latentSides } from '../models/unet2dConditionConfig.js';
import { requirePluginWeights, withPluginParams } from '../plugin/ownership.js';
import type { ComponentName, Plugin } from '../plugin/plugin.js';
import { asPlugin } from '../plugin/pluginError.js';
import { noiseSchedule } from '../schedulers/noiseSchedule.js';
import { decoderGraph } from './autoencoder.js';
import { checkSizes } from './checkSizes.js';
import type { UNetPart } from './deepCache.js';
import { graphCache, paramsFor } from './graphCache.js';
import { DECODER_SCOPE, guidanceGraph } from './guidance.js';
import { type LoadedModel, requireLoadedFolders } from './loadModel.js';
import type { PipelineOptions } from './pipelineOptions.js';
import type { Components, GuideComponent } from './samplingRun.js';
import { textGraph } from './textEncoding.js';
import { callInputs, objectSlots, type UNetSizes, unetGraph, unetPartGraph } from './unet.js';

/** Throws, before anything is compiled, where a checkpoint lacks a parameter that a graph asks for. */
export function createComponents(model: LoadedModel, options: PipelineOptions): Components {
  const { backend, plugins = [], onProgress } = options;
  const { unet, vae, textEncoder, tokenizer } = model;
  const { config } = unet;
  const [height, width] = latentSides(config);
  const unetParams = mergedParams('unet', withPluginParams(unet.params, plugins), plugins);
  const textParams = mergedParams('text_encoder', withPluginParams(textEncoder.params, plugins), plugins);
  const has = (name: string): boolean => Object.hasOwn(unetParams, name);
  const build = (sizes: UNetSizes, part?: UNetPart) =>
    part ? unetPartGraph({ config, plugins, sizes, has }, part) : unetGraph(config, plugins, sizes, has);
  const least = { batch: 1, objects: objectSlots(0), height, width, tokens: tokenizer.maxLength };

  checkSizes(model);
  requireLoadedFolders(model, Object.keys(unetParams), plugins);
  const withPlugins = ['unet', plugins.map((plugin) => plugin.name).join(', ')]
    .filter(Boolean)
    .join(' with ');
  const graph = build(least);
  requirePluginWeights(Object.keys(graph.params), unetParams, plugins);
  paramsFor(graph, unetParams, withPlugins);
  paramsFor(textGraph(textEncoder.config, tokenizer.maxLength, 1, plugins), textParams, 'text_encoder');
  paramsFor(decoderGraph(vae.autoencoder, height, width), vae.params, 'vae');

  const graphsOf = (component: string, params: Tensors, on = backend) =>
    graphCache({ component, backend: on, params, onProgress });
  const decoderParams = Object.entries(vae.params).map(([name, given]) => [
    `${DECODER_SCOPE}.${name}`,
    given,
  ]);
  const guidanceParams: Tensors = { ...Object.fromEntries(decoderParams), ...unetParams };
  const guides = plugins.flatMap((plugin): GuideComponent[] => {
    const { guidance, name } = plugin;
    if (!guidance) return [];
    const guided = (sizes: UNetSizes) =>
      guidanceGraph({ config, plugins, sizes, has }, plugin, vae.autoencoder);
    paramsFor(guided(least), guidanceParams, `guidance by ${name}`);
    return [{ plugin, guidance, build: guided, graphs: graphsOf(`guidance by ${name}`, guidanceParams) }];
  });
  // What it was trained with: one that cannot be is an error before a picture is asked for.
  noiseSchedule(model.schedulerConfig);
  return {
    plugins,
    guides,
    unet: {
      config,
      height,
      width,
      has,
      build,
      graphs: graphsOf('unet', unetParams, hoisting(backend, callInputs)),
    },
    text: {
      config: textEncoder.config,
      tokenizer,
      plugins,
      graphs: graphsOf('text_encoder', textParams),
      recent: new Map(),
    },
    decoding: {
      decoder: vae.autoencoder,
      graphs: graphsOf('vae', vae.params),
      encodes: Object.keys(vae.params).some((name) => name.startsWith('encoder.')),
    },
  };
}

function mergedParams(component: ComponentName, params: Tensors, plugins: readonly Plugin[]): Tensors {
  return plugins.reduce(
    (merged, plugin) => asPlugin(plugin.name, () => plugin.mergeParams?.(component, merged)) ?? merged,
    params,
  );
}
