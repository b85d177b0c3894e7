// Layouts to pictures.

import type { Tensor } from '../graph/tensor.js';
import { conditionChannels, latentChannels } from '../models/unet2dConditionConfig.js';
import type { Category } from '../modules/categories.js';
import { parsePluginOptions } from '../plugin/callOptions.js';
import { checkLayouts } from './checkLayouts.js';
import { createComponents } from './components.js';
import { type Details, sampleWithDetails } from './details/index.js';
import type { GuidanceInterval } from './guidanceInterval.js';
import { unusedNegatives, unusedRescale } from './guidanceUse.js';
import type { RgbImage } from './image.js';
import type { Sides } from './imagePlanes.js';
import { type Layout, type LayoutInput, objectLists } from './layout.js';
import type { LoadedModel } from './loadModel.js';
import type { NoiseGenerator } from './noise.js';
import {
  checkOptionNames,
  defaultScheduler,
  resolveOptions,
  type SamplingDefaults,
  type StreamOptions,
} from './options.js';
import { pictureSize } from './pictureSize.js';
import { checkPipelineOptions, type PipelineOptions } from './pipelineOptions.js';
import { checkPromptOptions } from './promptTokens.js';
import { requireDetails, requireEncoder } from './requirements.js';
import type { StepEvent } from './sampling.js';
import { checkNumbers, checkSource } from './source.js';
import { smallBoxes } from './warnings.js';

/** Pictures, and how they were sampled. */
export interface GenerateResult {
  /** One for each layout; empty where `decode` is false. */
  readonly images: readonly RgbImage[];
  /** As the U-Net sees them, of the pictures before their details: [layouts, C, h, w]. */
  readonly latents: Tensor;
  /** The seed of each picture: alone with it, the layout gives this picture again. */
  readonly seeds: readonly number[];
  readonly steps: number;
  /** Calls of the U-Net, those for details among them. */
  readonly calls: number;
  readonly guidanceScale: number;
  readonly guidanceInterval?: GuidanceInterval;
  readonly guidanceRescale?: number;
  /** Where a picture was painted over. */
  readonly strength?: number;
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
  readonly guidanceInterval?: GuidanceInterval;
  readonly guidanceRescale?: number;
  readonly details?: Required<Details>;
  /** The short name; the name of the class where it is not known here, and has to be given with each call. */
  readonly scheduler: string;
  /** Where it is not our own. */
  readonly generator?: NoiseGenerator;
}

/** A model that is loaded: paints pictures from layouts. See `fromPretrained`. */
export interface Pipeline {
  readonly name: string;
  /** The backend's name: `cpu`. */
  readonly device: string;
  readonly plugins: readonly string[];
  /** Pixels of pictures where neither options nor layouts say their size: what the model was made for. */
  readonly imageSize: { readonly width: number; readonly height: number };
  /** Pixels of which widths and heights are multiples. */
  readonly sizeStep: number;
  /** What is used where an option is not given. */
  readonly defaults: PipelineDefaults;
  /** The words that the model learnt; undefined: any word may be used. */
  readonly words?: readonly string[];
  /** Things that a training taught the model, which captions may name; absent where it says of none. */
  readonly categories?: readonly Category[];
  /**
   * Checks layouts as `stream` does, without sampling; gives them with their defaults.
   * Throws an error that names the field and how to fix it.
   */
  check(
    layouts: LayoutInput | readonly LayoutInput[],
    options?: Pick<StreamOptions, 'promptWeighting'>,
  ): readonly Layout[];
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

/** The most pictures of a batch. */
const MAX_ROWS = 1024;

/** A pipeline of components that are loaded; throws where the checkpoint lacks a parameter that plugins ask for. */
export function createPipeline(model: LoadedModel, options: PipelineOptions): Pipeline {
  checkPipelineOptions(options);
  const { backend, plugins = [] } = options;
  const { words, categories, schedulerConfig, defaults } = model;
  const components = createComponents(model, options);
  const { unet, text, decoding, guides } = components;
  const { factor } = decoding.decoder;
  const { steps, guidanceScale } = defaults;
  const imageSize = { width: unet.width * factor, height: unet.height * factor };
  const sizes = { own: imageSize, step: factor };
  const shapeOf = (pictures: number, size: Sides) => [
    pictures,
    latentChannels(unet.config),
    size.height / factor,
    size.width / factor,
  ];
  const checks = {
    sizes,
    words,
    tokenizer: model.tokenizer,
    grounded: plugins.some((each) => each.groundsObjects),
    fields: plugins.flatMap(({ layoutFields }) => layoutFields ?? []),
    plugins,
  };

  const start = (layouts: LayoutInput | readonly LayoutInput[], given: StreamOptions) => {
    checkOptionNames(given);
    const prompts = checkPromptOptions(given, model.textEncoder.config.num_hidden_layers);
    const checked = checkLayouts(layouts, checks, prompts.promptWeighting);
    if (checked.length > MAX_ROWS) {
      throw new Error(`layouts: ${checked.length} are too many for one batch; give at most ${MAX_ROWS}`);
    }
    const rows = checked.map(({ layout }) => layout);
    const source = checkSource(given, rows.length);
    if (source || conditionChannels(unet.config) > 0) requireEncoder(decoding);
    const { width, height } = given;
    if (given.details) requireDetails(decoding, source);
    const size = pictureSize(rows, { width, height, source: source?.size }, sizes);
    const resolved = resolveOptions(given, defaults, schedulerConfig, rows.length, source?.strength);
    const pluginOptions = parsePluginOptions(plugins, given.plugins);
    const { signal, latents } = given;
    const noise = latents && checkNumbers(latents, shapeOf(rows.length, size), 'latents');
    const warned = checked.flatMap(({ layout, warnings: ofWords }, i) => {
      const place = checked.length === 1 ? '' : `layouts[${i}]: `;
      const own = [
        ...smallBoxes(objectLists(layout, checks.fields), size),
        ...unusedNegatives(layout, checks.fields, unet.config, resolved),
      ];
      return [...ofWords, ...own.map((warning) => place + warning)];
    });
    const warnings = [
      ...new Set([...warned, ...unusedRescale(given.guidanceRescale, unet.config, resolved)]),
    ];
    for (const warning of warnings) given.onWarning?.(warning);
    return {
      rows,
      resolved,
      warnings,
      strength: source?.strength,
      events: sampleWithDetails(components, {
        layouts: rows,
        options: resolved,
        pluginOptions,
        prompts,
        size,
        source,
        latents: noise,
        signal,
      }),
    };
  };

  return {
    name: model.name ?? options.name ?? 'model',
    device: backend.name,
    plugins: plugins.map((plugin) => plugin.name),
    imageSize,
    sizeStep: factor,
    defaults: {
      steps,
      guidanceScale,
      ...extras(defaults),
      ...(defaults.details ? { details: defaults.details } : {}),
      scheduler: defaultScheduler(defaults, schedulerConfig),
    },
    ...(words ? { words } : {}),
    ...(categories ? { categories } : {}),
    check: (layouts, { promptWeighting } = {}) =>
      checkLayouts(layouts, checks, promptWeighting).map(({ layout }) => layout),
    stream: (layouts, given = {}) => start(layouts, given).events,
    async generate(layouts, given = {}) {
      const begin = Date.now();
      const { rows, resolved, warnings, strength, events } = start(layouts, given);
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
        ...(strength === undefined ? {} : { strength }),
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

/** What results name only where it differs from the default. */
function extras({
  guidanceInterval,
  guidanceRescale = 0,
  generator = 'sfc32',
}: Pick<SamplingDefaults, 'guidanceInterval' | 'guidanceRescale' | 'generator'>) {
  return {
    ...(guidanceInterval ? { guidanceInterval } : {}),
    ...(guidanceRescale > 0 ? { guidanceRescale } : {}),
    ...(generator === 'sfc32' ? {} : { generator }),
  };
}
