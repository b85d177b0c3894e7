// Layouts to pictures.

import { messageOf } from '../checks/showValue.js';
import type { Backend } from '../graph/backend.js';
import type { Tensor } from '../graph/tensor.js';
import { createComponents } from './components.js';
import type { RgbImage } from './image.js';
import { type Layout, parseLayout } from './layout.js';
import type { LoadedModel } from './loadModel.js';
import type { NoiseGenerator } from './noise.js';
import { type LateGuidance, type ResolvedOptions, resolveOptions, type StreamOptions } from './options.js';
import type { Plugin } from './plugin.js';
import type { OnProgress } from './progress.js';
import { type StepEvent, sample } from './sampling.js';
import { checkWords } from './words.js';

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
  readonly lateGuidance?: LateGuidance;
  readonly guidanceRescale?: number;
  /** The scheduler's short name. */
  readonly scheduler: string;
  /** Where it is not our own. */
  readonly generator?: NoiseGenerator;
  /** Compiling, encoding, sampling and decoding. */
  readonly milliseconds: number;
}

export interface PipelineDefaults {
  readonly steps: number;
  readonly guidanceScale: number;
  readonly lateGuidance?: LateGuidance;
  readonly guidanceRescale?: number;
  readonly scheduler: string;
  /** Where it is not our own. */
  readonly generator?: NoiseGenerator;
}

export interface Pipeline {
  readonly name: string;
  /** The backend's name: `cpu`. */
  readonly device: string;
  readonly plugins: readonly string[];
  /** Pixels. */
  readonly imageSize: { readonly width: number; readonly height: number };
  /** What is used where an option is not given. */
  readonly defaults: PipelineDefaults;
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

/** A pipeline of components that are loaded; throws where the checkpoint lacks a parameter that plugins ask for. */
export function createPipeline(model: LoadedModel, options: PipelineOptions): Pipeline {
  const { backend, plugins = [] } = options;
  const { words, schedulerConfig } = model;
  const components = createComponents(model, options);
  const { unet, text, decoding, guides } = components;
  const { factor } = decoding.decoder;
  const resolve = (given: StreamOptions) => resolveOptions(given, model.defaults, schedulerConfig);
  const resolved = resolve({});
  const { steps, guidanceScale, scheduler } = resolved;

  const check = (layouts: Layout | readonly Layout[]) => checkLayouts(layouts, words);
  const start = (layouts: Layout | readonly Layout[], given: StreamOptions) => {
    const checked = check(layouts);
    const resolved = resolve(given);
    return { checked, resolved, events: sample(components, checked, resolved, given.signal) };
  };

  return {
    name: model.name ?? options.name ?? 'model',
    device: backend.name,
    plugins: plugins.map((plugin) => plugin.name),
    imageSize: { width: unet.width * factor, height: unet.height * factor },
    defaults: { steps, guidanceScale, ...extras(resolved), scheduler },
    ...(words ? { words } : {}),
    check,
    stream: (layouts, given = {}) => start(layouts, given).events,
    async generate(layouts, given = {}) {
      const begin = Date.now();
      const { checked, resolved, events } = start(layouts, given);
      let last: StepEvent | undefined;
      for await (const event of events) last = event;
      if (!last) throw new Error(`scheduler: ${resolved.scheduler} planned no call`);
      return {
        images: last.images ?? [],
        latents: last.latents,
        seeds: checked.map((_, row) => resolved.seed + row),
        steps: resolved.steps,
        calls: last.calls,
        guidanceScale: resolved.guidanceScale,
        ...extras(resolved),
        scheduler: resolved.scheduler,
        milliseconds: Date.now() - begin,
      };
    },
    async dispose() {
      await Promise.all([unet, text, decoding, ...guides].map(({ graphs }) => graphs.dispose()));
    },
  };
}

/** What is told only where it is not plain. */
function extras({ lateGuidance, guidanceRescale, generator }: ResolvedOptions) {
  return {
    ...(lateGuidance ? { lateGuidance } : {}),
    ...(guidanceRescale > 0 ? { guidanceRescale } : {}),
    ...(generator === 'sfc32' ? {} : { generator }),
  };
}

function checkLayouts(given: Layout | readonly Layout[], words?: readonly string[]): readonly Layout[] {
  if (!isList(given)) return [checkLayout(given, words)];
  if (given.length === 0) throw new Error('layouts: is empty; give at least one layout');
  return given.map((layout, i) => {
    try {
      return checkLayout(layout, words);
    } catch (cause) {
      throw new Error(`layouts[${i}]: ${messageOf(cause)}`, { cause });
    }
  });
}

function checkLayout(given: Layout, words?: readonly string[]): Layout {
  const layout = parseLayout(given);
  if (words) checkWords(layout, words);
  return layout;
}

const isList = <T>(value: T | readonly T[]): value is readonly T[] => Array.isArray(value);
