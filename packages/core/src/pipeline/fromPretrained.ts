import type { AbortSignalLike } from '../abort.js';
import { checkFiles, type FileSource } from '../io/files.js';
import { readModelDeclaration } from '../modules/modelDeclaration.js';
import { type ModuleLoader, openPlugins } from '../modules/openDeclared.js';
import { loadModel } from './loadModel.js';
import { createPipeline, type Pipeline } from './pipeline.js';
import { checkPipelineOptions, type PipelineOptions } from './pipelineOptions.js';
import { watchedFiles } from './progress.js';

/** Options of `fromPretrained`. */
export interface FromPretrainedOptions extends PipelineOptions {
  /** How the plugins are found that the model declares. They are used where `plugins` are not given. */
  readonly modules?: ModuleLoader;
  /** Stops loading between two files. */
  readonly signal?: AbortSignalLike;
}

/**
 * A pipeline from a model directory in diffusers' layout: model_index.json, unet/ (UNet2DConditionModel), vae/
 * (AutoencoderKL, AutoencoderTiny or AutoencoderDC), text_encoder/ (CLIPTextModel), tokenizer/ and scheduler/.
 *
 * Two files of ours may lie beside them: spatiallock.json (name, steps, guidanceScale, guidanceInterval,
 * guidanceRescale, scheduler, generator: what the model is sampled with unless a call says otherwise; plugins, detectors,
 * vocabulary, license: what it needs; categories: what a training taught it) and tokenizer/words.json (the words it learnt;
 * others are refused). Weights become float32.
 * Rejects with an error that names the file, the field, the module or the parameters at fault.
 *
 * @example
 * ```ts
 * import { type Backend, fromPretrained, urlFiles } from '@spatiallock/core';
 *
 * declare const backend: Backend;
 * const pipe = await fromPretrained(urlFiles('/model'), { backend, plugins: [] });
 * const { images } = await pipe.generate({ prompt: 'a dog on a beach', objects: [] }, { seed: 7 });
 * ```
 */
export async function fromPretrained(files: FileSource, options: FromPretrainedOptions): Promise<Pipeline> {
  checkFiles(files);
  checkPipelineOptions(options, ['signal', 'modules']);
  const { signal, modules, ...rest } = options;
  const { backend, onProgress } = rest;
  const watched = watchedFiles(files, onProgress, signal);
  const plugins = rest.plugins ?? (modules ? await declaredPlugins(watched, backend, modules) : []);
  const model = await loadModel(watched, plugins, onProgress);
  signal?.throwIfAborted();
  return createPipeline(model, { ...rest, plugins });
}

async function declaredPlugins(
  files: FileSource,
  backend: PipelineOptions['backend'],
  modules: ModuleLoader,
): Promise<NonNullable<PipelineOptions['plugins']>> {
  const declaration = await readModelDeclaration(files);
  return declaration ? openPlugins(declaration, { files, backend, modules }) : [];
}
