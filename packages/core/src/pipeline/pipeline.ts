// Layouts to pictures.

import type { Backend } from '../graph/backend.js';
import { type Shape, type Tensor, type Tensors, tensor } from '../graph/tensor.js';
import { decodeRow } from './decoding.js';
import { denoise } from './denoise.js';
import { graphCache, paramsFor } from './graphCache.js';
import type { RgbImage } from './image.js';
import { type Layout, parseLayout } from './layout.js';
import type { LoadedModel } from './loadModel.js';
import { seededNoise } from './noise.js';
import {
  type ResolvedOptions,
  resolveOptions,
  type SamplingDefaults,
  type StreamOptions,
} from './options.js';
import type { CallProgress, Plugin } from './plugin.js';
import type { OnProgress } from './progress.js';
import { encodeTexts } from './textEncoding.js';
import { guidedPrediction, objectSlots, unetGraph } from './unet.js';
import { checkWords } from './words.js';

/** What is told after each call of the U-Net. */
export interface StepEvent extends CallProgress {
  /** As the network was told; falls towards 0. */
  readonly timestep: number;
  /** After this call, as the U-Net sees them: [layouts, C, h, w]. */
  readonly latents: Tensor;
  /** Of this call alone. */
  readonly milliseconds: number;
  /** The picture that this call foretells for a row (default 0); decoded when asked for. */
  preview(row?: number): Promise<RgbImage>;
  /** One for each layout, with the last event only, and not where `decode` is false. */
  readonly images?: readonly RgbImage[];
}

export interface GenerateResult {
  /** One for each layout; empty where `decode` is false. */
  readonly images: readonly RgbImage[];
  /** As the U-Net sees them: [layouts, C, h, w]. */
  readonly latents: Tensor;
  /** The seed of each picture: alone with it, the layout gives this picture again. */
  readonly seeds: readonly number[];
  readonly steps: number;
  /** Calls of the U-Net. */
  readonly calls: number;
  readonly guidanceScale: number;
  /** The scheduler's short name. */
  readonly scheduler: string;
  /** Compiling, encoding, sampling and decoding. */
  readonly milliseconds: number;
}

export interface Pipeline {
  readonly name: string;
  /** The backend's name: `cpu`. */
  readonly device: string;
  readonly plugins: readonly string[];
  /** Pixels. */
  readonly imageSize: { readonly width: number; readonly height: number };
  /** What is used where an option is not given. */
  readonly defaults: SamplingDefaults & { readonly scheduler: NonNullable<SamplingDefaults['scheduler']> };
  /** The words that the model learnt; undefined: any word may be used. */
  readonly words?: readonly string[];
  /**
   * Checks layouts as `stream` does, without sampling; gives them with their defaults.
   * Throws an error that names the field and the mend.
   */
  check(layouts: Layout | readonly Layout[]): readonly Layout[];
  /**
   * Samples a picture for each layout, all in one batch, and yields after each call of the U-Net.
   * Throws at once where a layout or an option is wrong: the error names the field and the mend.
   */
  stream(
    layouts: Layout | readonly Layout[],
    options?: StreamOptions,
  ): AsyncGenerator<StepEvent, void, undefined>;
  /** Runs `stream` to its end. */
  generate(layouts: Layout | readonly Layout[], options?: StreamOptions): Promise<GenerateResult>;
  /** Frees what was compiled; the backend stays. */
  dispose(): Promise<void>;
}

export interface PipelineOptions {
  readonly backend: Backend;
  readonly plugins?: readonly Plugin[];
  /** Told of what is read and compiled, also later when a new size of batch is first used. */
  readonly onProgress?: OnProgress;
  /** The pipeline's name where the model gives none; default "model". */
  readonly name?: string;
}

/** Sides of latents that diffusers takes where sample_size is null. */
const STANDARD_SIDE = 64;

/** A pipeline of components that are loaded; throws where the checkpoint lacks a parameter that plugins ask for. */
export function createPipeline(model: LoadedModel, options: PipelineOptions): Pipeline {
  const { backend, plugins = [], onProgress } = options;
  const { unet, vae, textEncoder, tokenizer, words, schedulerConfig } = model;
  const { config } = unet;
  const cacheOf = (component: string, params: Tensors) =>
    graphCache({ component, backend, params, onProgress });
  const unetGraphs = cacheOf('unet', unet.params);
  const text = { config: textEncoder.config, tokenizer, graphs: cacheOf('text_encoder', textEncoder.params) };
  const decoding = { decoder: vae.decoder, graphs: cacheOf('vae', vae.params) };
  const has = (name: string): boolean => Object.hasOwn(unet.params, name);
  const side = config.sample_size ?? STANDARD_SIDE;
  const [height, width] = typeof side === 'number' ? [side, side] : side;
  const build = (batch: number, objects: number) =>
    unetGraph(config, plugins, { batch, objects, height, width, tokens: tokenizer.maxLength }, has);
  const names = plugins.map((plugin) => plugin.name);
  // Better now than after the first prompt.
  paramsFor(
    build(1, objectSlots(0)),
    unet.params,
    names.length > 0 ? `unet with ${names.join(', ')}` : 'unet',
  );
  resolveOptions({}, model.defaults, schedulerConfig);

  function check(given: Layout | readonly Layout[]): readonly Layout[] {
    if (!isList(given)) return [checked(given)];
    if (given.length === 0) throw new Error('layouts: is empty; give at least one layout');
    return given.map((layout, i) => {
      try {
        return checked(layout);
      } catch (cause) {
        throw new Error(`layouts[${i}]: ${cause instanceof Error ? cause.message : cause}`, { cause });
      }
    });
  }

  function checked(given: Layout): Layout {
    const layout = parseLayout(given);
    if (words) checkWords(layout, words);
    return layout;
  }

  /** What the U-Net is fed with, and its graph: unconditional rows first. */
  async function prepare(layouts: readonly Layout[], resolved: ResolvedOptions, shape: Shape) {
    const { guidanceScale } = resolved;
    const free = guidanceScale === 1 ? [] : layouts;
    const rows = [...free.map(() => undefined), ...layouts];
    const prompts = [...free.map((layout) => layout.negativePrompt ?? ''), ...layouts.map((l) => l.prompt)];
    const { hidden } = await encodeTexts(text, prompts);
    const encodePhrases = async (phrases: readonly string[]) => (await encodeTexts(text, phrases)).pooled;
    const feeds = await Promise.all(
      plugins.map((plugin) => plugin.inputs?.(rows, { config, has, encodePhrases }) ?? (() => ({}))),
    );
    const objects = objectSlots(Math.max(...layouts.map((layout) => layout.objects.length)));
    const key = `batch ${rows.length}, objects ${objects}`;
    const executable = await unetGraphs.get(key, () => build(rows.length, objects));
    const pluginInputs = (progress: CallProgress): Tensors =>
      Object.assign({}, ...feeds.map((feed) => feed(progress)));
    return guidedPrediction({ executable, shape, text: hidden, pluginInputs, guidanceScale });
  }

  async function* run(
    layouts: readonly Layout[],
    resolved: ResolvedOptions,
    signal: StreamOptions['signal'],
  ): AsyncGenerator<StepEvent, void, undefined> {
    signal?.throwIfAborted();
    const { plan, seed, decode } = resolved;
    const shape = [layouts.length, vae.decoder.latentChannels, height, width];
    const predict = await prepare(layouts, resolved, shape);
    const noise = seededNoise(seed, layouts.length, vae.decoder.latentChannels * height * width);
    for await (const { sample, denoised, ...told } of denoise({ plan, noise, predict, signal })) {
      const latents = tensor(sample, shape);
      const preview = (row = 0) => decodeRow(decoding, tensor(denoised(), shape), row);
      const last = told.call === told.calls - 1;
      yield {
        ...told,
        latents,
        preview,
        ...(last && decode ? { images: await decodeAll(latents, signal) } : {}),
      };
    }
  }

  async function decodeAll(latents: Tensor, signal: StreamOptions['signal']): Promise<RgbImage[]> {
    const images: RgbImage[] = [];
    for (let row = 0; row < latents.shape[0]; row++) {
      signal?.throwIfAborted();
      images.push(await decodeRow(decoding, latents, row));
    }
    return images;
  }

  function start(layouts: Layout | readonly Layout[], given: StreamOptions) {
    const all = check(layouts);
    const resolved = resolveOptions(given, model.defaults, schedulerConfig);
    return { all, resolved, events: run(all, resolved, given.signal) };
  }

  return {
    name: model.name ?? options.name ?? 'model',
    device: backend.name,
    plugins: names,
    imageSize: { width: width * vae.decoder.factor, height: height * vae.decoder.factor },
    defaults: { scheduler: resolveOptions({}, model.defaults, schedulerConfig).scheduler, ...model.defaults },
    ...(words ? { words } : {}),
    check,
    stream: (layouts, given = {}) => start(layouts, given).events,
    async generate(layouts, given = {}) {
      const begin = Date.now();
      const { all, resolved, events } = start(layouts, given);
      let last: StepEvent | undefined;
      for await (const event of events) last = event;
      if (!last) throw new Error(`scheduler: ${resolved.scheduler} planned no call`);
      return {
        images: last.images ?? [],
        latents: last.latents,
        seeds: all.map((_, row) => resolved.seed + row),
        steps: resolved.steps,
        calls: last.calls,
        guidanceScale: resolved.guidanceScale,
        scheduler: resolved.scheduler,
        milliseconds: Date.now() - begin,
      };
    },
    async dispose() {
      await Promise.all([unetGraphs, text.graphs, decoding.graphs].map((graphs) => graphs.dispose()));
    },
  };
}

const isList = <T>(value: T | readonly T[]): value is readonly T[] => Array.isArray(value);
