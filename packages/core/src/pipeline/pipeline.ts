// Layouts to pictures.

import { checkCallback, checkKeys, messageOf, showValue } from '../checks/index.js';
import type { Backend } from '../graph/backend.js';
import type { Tensor } from '../graph/tensor.js';
import { parsePluginOptions } from '../plugin/callOptions.js';
import { checkPlugins } from '../plugin/checkPlugins.js';
import type { LayoutFields } from '../plugin/layoutFields.js';
import type { Plugin } from '../plugin/plugin.js';
import { createComponents } from './components.js';
import type { RgbImage } from './image.js';
import { type Layout, type LayoutInput, parseLayout } from './layout.js';
import type { LoadedModel } from './loadModel.js';
import type { NoiseGenerator } from './noise.js';
import {
  defaultScheduler,
  type LateGuidance,
  resolveOptions,
  type SamplingDefaults,
  type StreamOptions,
} from './options.js';
import type { OnProgress } from './progress.js';
import { type StepEvent, sample } from './sampling.js';
import type { ClipTokenizer } from './tokenizer.js';
import { checkLengths } from './warnings.js';
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
  /** What was asked for and cannot count; empty as a rule. */
  readonly warnings: readonly string[];
  /** Compiling, encoding, sampling and decoding. */
  readonly milliseconds: number;
}

export interface PipelineDefaults {
  readonly steps: number;
  readonly guidanceScale: number;
  readonly lateGuidance?: LateGuidance;
  readonly guidanceRescale?: number;
  /** The short name; the name of the class where it is not known here, and has to be given with each call. */
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
   * Throws an error that names the field and how to fix it.
   */
  check(layouts: LayoutInput | readonly LayoutInput[]): readonly Layout[];
  /**
   * Samples a picture for each layout, all in one batch, and yields after each call of the U-Net.
   * Throws at once where a layout or an option is wrong: the error names the field and how to fix it.
   */
  stream(
    layouts: LayoutInput | readonly LayoutInput[],
    options?: StreamOptions,
  ): AsyncGenerator<StepEvent, void, undefined>;
  /** Runs `stream` to its end. */
  generate(layouts: LayoutInput | readonly LayoutInput[], options?: StreamOptions): Promise<GenerateResult>;
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

const OPTIONS = ['backend', 'plugins', 'onProgress', 'name'];
/** The most pictures of a batch. */
const MAX_ROWS = 1024;

/** Throws an error that names the option which is not known or cannot be used. `also` are the caller's own. */
export function checkPipelineOptions(given: unknown, also: readonly string[] = []): void {
  const { backend, plugins = [], onProgress, name } = checkKeys(given, [...OPTIONS, ...also], 'options');
  if (typeof backend !== 'object' || typeof (backend as Partial<Backend> | null)?.compile !== 'function') {
    throw new Error(
      `options.backend: must be a backend, such as referenceBackend() or one of a backend package, not ${showValue(backend)}`,
    );
  }
  checkPlugins(plugins, 'options.plugins');
  checkCallback(onProgress, 'options.onProgress');
  if (name !== undefined && typeof name !== 'string') {
    throw new Error(`options.name: must be text, not ${showValue(name)}`);
  }
}

/** A pipeline of components that are loaded; throws where the checkpoint lacks a parameter that plugins ask for. */
export function createPipeline(model: LoadedModel, options: PipelineOptions): Pipeline {
  checkPipelineOptions(options);
  const { backend, plugins = [] } = options;
  const { words, schedulerConfig, defaults } = model;
  const components = createComponents(model, options);
  const { unet, text, decoding, guides } = components;
  const { factor } = decoding.decoder;
  const { steps, guidanceScale } = defaults;
  const checks = {
    words,
    tokenizer: model.tokenizer,
    grounded: plugins.some((each) => each.groundsObjects),
    fields: plugins.flatMap(({ layoutFields }) => layoutFields ?? []),
  };

  const start = (layouts: LayoutInput | readonly LayoutInput[], given: StreamOptions) => {
    const checked = checkLayouts(layouts, checks);
    if (checked.length > MAX_ROWS) {
      throw new Error(`layouts: ${checked.length} are too many for one batch; give at most ${MAX_ROWS}`);
    }
    const rows = checked.map(({ layout }) => layout);
    const resolved = resolveOptions(given, defaults, schedulerConfig, rows.length);
    const pluginOptions = parsePluginOptions(plugins, given.plugins);
    const warnings = [...new Set(checked.flatMap((each) => each.warnings))];
    for (const warning of warnings) given.onWarning?.(warning);
    return {
      rows,
      resolved,
      warnings,
      events: sample(components, { layouts: rows, options: resolved, pluginOptions, signal: given.signal }),
    };
  };

  return {
    name: model.name ?? options.name ?? 'model',
    device: backend.name,
    plugins: plugins.map((plugin) => plugin.name),
    imageSize: { width: unet.width * factor, height: unet.height * factor },
    defaults: {
      steps,
      guidanceScale,
      ...extras(defaults),
      scheduler: defaultScheduler(defaults, schedulerConfig),
    },
    ...(words ? { words } : {}),
    check: (layouts) => checkLayouts(layouts, checks).map(({ layout }) => layout),
    stream: (layouts, given = {}) => start(layouts, given).events,
    async generate(layouts, given = {}) {
      const begin = Date.now();
      const { rows, resolved, warnings, events } = start(layouts, given);
      let last: StepEvent | undefined;
      for await (const event of events) last = event;
      if (!last) throw new Error(`scheduler: ${resolved.scheduler} planned no call`);
      return {
        images: last.images ?? [],
        latents: last.latents,
        seeds: rows.map((_, row) => resolved.seed + row),
        steps: resolved.steps,
        calls: last.calls,
        guidanceScale: resolved.guidanceScale,
        ...extras(resolved),
        scheduler: resolved.scheduler,
        warnings,
        milliseconds: Date.now() - begin,
      };
    },
    async dispose() {
      await Promise.all([unet, text, decoding, ...guides].map(({ graphs }) => graphs.dispose()));
    },
  };
}

/** What is told only where it is not plain. */
function extras({
  lateGuidance,
  guidanceRescale = 0,
  generator = 'sfc32',
}: Pick<SamplingDefaults, 'lateGuidance' | 'guidanceRescale' | 'generator'>) {
  return {
    ...(lateGuidance ? { lateGuidance } : {}),
    ...(guidanceRescale > 0 ? { guidanceRescale } : {}),
    ...(generator === 'sfc32' ? {} : { generator }),
  };
}

interface LayoutChecks {
  readonly words?: readonly string[];
  readonly tokenizer: ClipTokenizer;
  /** Whether a plugin holds objects to their boxes. */
  readonly grounded: boolean;
  /** Fields of plugins. */
  readonly fields: readonly LayoutFields[];
}

interface CheckedLayout {
  readonly layout: Layout;
  readonly warnings: readonly string[];
}

function checkLayouts(given: unknown, checks: LayoutChecks): readonly CheckedLayout[] {
  if (!Array.isArray(given)) return [checkLayout(given, checks)];
  if (given.length === 0) throw new Error('layouts: is empty; give at least one layout');
  const place = (i: number) => (given.length === 1 ? '' : `layouts[${i}]: `);
  return Array.from(given, (layout: unknown, i) => {
    try {
      const checked = checkLayout(layout, checks);
      return { ...checked, warnings: checked.warnings.map((warning) => place(i) + warning) };
    } catch (cause) {
      throw new Error(`layouts[${i}]: ${messageOf(cause)}`, { cause });
    }
  });
}

function checkLayout(given: unknown, { words, tokenizer, grounded, fields }: LayoutChecks): CheckedLayout {
  const layout = parseLayout(given, [], fields);
  if (layout.objects.length > 0 && !grounded) {
    throw new Error(
      'objects: no plugin of this pipeline holds objects to their boxes; give one that does in `plugins`, or no objects',
    );
  }
  if (words) checkWords(layout, words);
  return { layout, warnings: checkLengths(layout, tokenizer) };
}
