import type { AbortSignalLike } from '../abort.js';
import type { FileSource } from '../io/files.js';
import { loadModel } from './loadModel.js';
import { checkPipelineOptions, createPipeline, type Pipeline, type PipelineOptions } from './pipeline.js';
import { watchedFiles } from './progress.js';

export interface FromPretrainedOptions extends PipelineOptions {
  /** Stops loading between two files. */
  readonly signal?: AbortSignalLike;
}

/**
 * A pipeline from a model directory in diffusers' layout: model_index.json, unet/ (UNet2DConditionModel), vae/
 * (AutoencoderKL, AutoencoderTiny or AutoencoderDC), text_encoder/ (CLIPTextModel), tokenizer/ and scheduler/.
 *
 * Two files of ours may lie beside them: spatiallock.json (name, steps, guidanceScale, lateGuidance,
 * guidanceRescale, scheduler: what is best for this model) and tokenizer/words.json (the words it learnt; others are refused). Weights become float32.
 * Rejects with an error that names the file, the field or the parameters at fault.
 */
export async function fromPretrained(files: FileSource, options: FromPretrainedOptions): Promise<Pipeline> {
  checkPipelineOptions(options, ['signal']);
  const { signal, ...rest } = options;
  const { plugins = [], onProgress } = rest;
  const model = await loadModel(watchedFiles(files, onProgress, signal), plugins, onProgress);
  signal?.throwIfAborted();
  return createPipeline(model, rest);
}
