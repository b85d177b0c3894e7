// One batch of layouts, from prompts to pictures.

import type { AbortSignalLike } from '../abort.js';
import { type Shape, type Tensor, type Tensors, tensor } from '../graph/tensor.js';
import type { Graph } from '../graph/value.js';
import type { UNet2dConditionConfig } from '../models/unet2dConditionConfig.js';
import type { PluginOptions } from '../plugin/callOptions.js';
import type { CallContext, FeedRow } from '../plugin/feed.js';
import type { Guidance } from '../plugin/guidance.js';
import type { Plugin } from '../plugin/plugin.js';
import type { CallProgress } from '../plugin/progress.js';
import type { Predict } from '../plugin/sampling.js';
import type { NoiseSchedule } from '../schedulers/noiseSchedule.js';
import { type DecoderComponent, decodeRow } from './decoding.js';
import { denoise, type Guide } from './denoise.js';
import type { GraphCache, GraphLease } from './graphCache.js';
import { latentGuide } from './guidance.js';
import type { RgbImage } from './image.js';
import type { Layout } from './layout.js';
import { afterStepsOf, samplingParts, wrapPredict } from './middleware.js';
import { seededNoise } from './noise.js';
import { guidanceSchedule, type ResolvedOptions } from './options.js';
import { phraseTokens } from './phraseTokens.js';
import { tokenChunks } from './promptChunks.js';
import { encodeTexts, type TextComponent } from './textEncoding.js';
import { guidanceInputs, guidedPrediction, objectSlots } from './unet.js';

/** What listeners get after each call of the U-Net. */
export interface StepEvent extends CallProgress {
  /** As the network was given it; falls towards 0. */
  readonly timestep: number;
  /** A copy of them after this call, as the U-Net sees them: [layouts, C, h, w]. */
  readonly latents: Tensor;
  /** Of this call alone. */
  readonly milliseconds: number;
  /** The picture of this call's x0 prediction for a row (default 0); decoded when asked for. */
  preview(row?: number): Promise<RgbImage>;
  /** One for each layout, with the last event only, and not where `decode` is false. */
  readonly images?: readonly RgbImage[];
}

export interface UNetComponent {
  readonly config: UNet2dConditionConfig;
  readonly graphs: GraphCache;
  /** Sides of the latents. */
  readonly height: number;
  readonly width: number;
  /** Whether the checkpoint holds a parameter of that name. */
  has(name: string): boolean;
  build(batch: number, objects: number, tokens: number): Graph;
}

/** A plugin that guides, and its graphs. */
export interface GuideComponent {
  readonly plugin: Plugin;
  readonly guidance: Guidance;
  readonly graphs: GraphCache;
  build(batch: number, objects: number, tokens: number): Graph;
}

/** All that samples; nothing in it changes. */
export interface Components {
  readonly unet: UNetComponent;
  readonly text: TextComponent;
  readonly decoding: DecoderComponent;
  readonly plugins: readonly Plugin[];
  readonly guides: readonly GuideComponent[];
  /** What the model was trained with. */
  readonly schedule: NoiseSchedule;
}

/** One run: what is sampled, and how. */
export interface SamplingRun {
  readonly layouts: readonly Layout[];
  readonly options: ResolvedOptions;
  readonly pluginOptions: PluginOptions;
  readonly signal?: AbortSignalLike;
}

/** Samples layouts that were checked; yields after each call of the U-Net. Graphs are held until it ends. */
export async function* sample(
  components: Components,
  run: SamplingRun,
): AsyncGenerator<StepEvent, void, undefined> {
  const { layouts, options, signal } = run;
  signal?.throwIfAborted();
  const { unet, decoding, schedule } = components;
  const { plan, seed, generator, decode } = options;
  const shape = [layouts.length, unet.config.in_channels, unet.height, unet.width];
  const leases: GraphLease[] = [];
  const conditions = { ...run, components, shape, leases };
  try {
    const size = unet.config.in_channels * unet.height * unet.width;
    const draw = seededNoise(seed, layouts.length, size, generator);
    let first: Float32Array | undefined = draw();
    const start = first;
    // The first numbers are drawn early: plugins may build on them.
    const noise = (): Float32Array => {
      const next = first ?? draw();
      first = undefined;
      return next;
    };
    const { predict, guides, parts } = await conditionedOn(conditions, start);
    const afterSteps = afterStepsOf(parts, schedule);
    const steps = denoise({ plan, noise, predict, guides, afterSteps, signal });
    for await (const { sample, denoised, ...told } of steps) {
      const latents = tensor(sample, shape);
      const preview = (row = 0) => decodeRow(decoding, tensor(denoised(), shape), row);
      const decodes = decode && told.call === told.calls - 1;
      yield {
        ...told,
        latents,
        preview,
        ...(decodes ? { images: await decodeAll(decoding, latents, signal) } : {}),
      };
    }
  } finally {
    for (const { release } of leases) release();
  }
}

interface Conditions extends SamplingRun {
  readonly components: Components;
  readonly shape: Shape;
  /** Takes in what is to be released at the end. */
  readonly leases: GraphLease[];
}

/** The U-Net as a function of latents and timestep, with what guides it and what plugins do around it. */
async function conditionedOn(conditions: Conditions, noise: Float32Array) {
  const { components, layouts, options, shape } = conditions;
  const { predict: innermost, given } = await predictionOf(conditions);
  const parts = await samplingParts(components.plugins, (plugin) => ({
    ...given.contextOf(plugin),
    layouts,
    shape,
    noise: noise.slice(),
    calls: options.plan.steps.length,
    predictFor: async (others) => {
      if (others.length !== layouts.length) {
        throw new Error(
          `plugin ${plugin.name}: predictFor needs ${layouts.length} layouts, not ${others.length}`,
        );
      }
      return (await predictionOf({ ...conditions, layouts: others })).predict;
    },
  }));
  const predict = wrapPredict(parts, innermost);
  const guides: Guide[] = [];
  for (const component of components.guides) {
    const guide = await guideOf(component, given);
    if (guide) guides.push(guide);
  }
  return { predict, guides, parts };
}

/** The U-Net as a function of latents and timestep. */
async function predictionOf(
  conditions: Conditions,
): Promise<{ readonly predict: Predict; readonly given: Given }> {
  const { components, layouts, options, shape, leases } = conditions;
  const { unet, text, plugins } = components;
  const distilled = unet.config.time_cond_proj_dim !== null;
  const free = distilled || unguided(options) ? [] : layouts;
  const rows = [
    ...free.map((layout) => ({ layout, prompt: layout.negativePrompt ?? '', conditional: false })),
    ...layouts.map((layout) => ({ layout, prompt: layout.prompt, conditional: true })),
  ];
  const prompts = rows.map(({ prompt }) => prompt);
  // Every row has as many chunks as the longest, for they share one tensor.
  const chunks = Math.max(...prompts.map((prompt) => tokenChunks(text.tokenizer, prompt)));
  const fed = textFeeds(conditions);
  const { hidden } = await encodeTexts(text, prompts, chunks, fed);
  const contextOf = (plugin: Plugin) => contextFor(conditions, plugin, fed);
  const objects = objectSlots(
    Math.max(options.objectSlots, ...layouts.map((layout) => layout.objects.length)),
  );
  const sizes = { objects, chunks, tokens: hidden.shape[1] };
  const lease = await unet.graphs.lease(keyOf(rows.length, sizes), () =>
    unet.build(rows.length, sizes.objects, sizes.tokens),
  );
  leases.push(lease);
  const scaleAt = guidanceSchedule(options);
  const embedding = guidanceInputs(unet.config, layouts.length, scaleAt);
  const pluginInputs = await pluginFeeds(plugins, rows, contextOf);
  const predict = guidedPrediction({
    executable: lease.executable,
    shape,
    text: hidden,
    pluginInputs: (progress) => ({ ...pluginInputs(progress), ...embedding(progress) }),
    guidanceScale: scaleAt,
    guidanceRescale: options.guidanceRescale,
  });
  const given = { ...conditions, contextOf, sizes, embedding, text: lastRows(hidden, layouts.length) };
  return { predict, given };
}

/** Whether every call takes the conditional prediction alone. */
function unguided(options: ResolvedOptions): boolean {
  const scaleAt = guidanceSchedule(options);
  const calls = options.plan.steps.length;
  return options.plan.steps.every((_, call) => scaleAt({ call, calls }) <= 1);
}

/** What plugins feed the text encoder. */
function textFeeds({ components: { plugins }, pluginOptions }: Conditions): Tensors {
  return Object.assign({}, ...plugins.map((plugin) => plugin.text?.feed?.(pluginOptions.get(plugin))));
}

function contextFor(
  { components: { unet, text }, pluginOptions }: Conditions,
  plugin: Plugin,
  fed: Tensors,
): CallContext {
  const { tokenizer } = text;
  return {
    config: unet.config,
    options: pluginOptions.get(plugin),
    tokenizer,
    has: unet.has,
    encodePhrases: async (phrases) => (await encodeTexts(text, phrases, 1, fed)).pooled,
    encodeTokens: async (texts) => (await encodeTexts(text, texts, 1, fed)).hidden,
    phraseTokens: (prompt, phrase) => phraseTokens(tokenizer, prompt, phrase),
  };
}

interface GraphSizes {
  readonly objects: number;
  readonly chunks: number;
  readonly tokens: number;
}

const keyOf = (batch: number, { objects, chunks }: GraphSizes): string =>
  `batch ${batch}, objects ${objects}${chunks > 1 ? `, chunks ${chunks}` : ''}`;

interface Given extends Conditions {
  readonly contextOf: (plugin: Plugin) => CallContext;
  readonly sizes: GraphSizes;
  /** Of the prompts, [layouts, T, D]. */
  readonly text: Tensor;
  /** See `guidanceInputs`. */
  readonly embedding: (progress: CallProgress) => Tensors;
}

/** Undefined where the settings of this call switch the guidance off. */
async function guideOf(
  { plugin, guidance, graphs, build }: GuideComponent,
  given: Given,
): Promise<Guide | undefined> {
  const { components, layouts, contextOf, shape, sizes, text, embedding, leases, signal } = given;
  const { plugins, schedule } = components;
  const settings = guidance.settings(given.pluginOptions.get(plugin));
  if (settings.strength === 0 || settings.until === 0) return undefined;
  const rows = layouts.map((layout) => ({ layout, prompt: layout.prompt, conditional: true }));
  const pluginInputs = await pluginFeeds(plugins, rows, contextOf);
  const own = await guidance.feed?.(layouts, contextOf(plugin));
  const lease = await graphs.lease(keyOf(layouts.length, sizes), () =>
    build(layouts.length, sizes.objects, sizes.tokens),
  );
  leases.push(lease);
  return latentGuide({
    settings,
    onMove: guidance.onMove?.bind(guidance),
    executable: lease.executable,
    shape,
    text,
    pluginInputs: (progress) => ({ ...pluginInputs(progress), ...embedding(progress), ...own }),
    schedule,
    signal,
  });
}

/** What all plugins feed, for each call. */
async function pluginFeeds(
  plugins: readonly Plugin[],
  rows: readonly FeedRow[],
  contextOf: (plugin: Plugin) => CallContext,
): Promise<(progress: CallProgress) => Tensors> {
  const feeds = await Promise.all(
    plugins.map(async (plugin) => (await plugin.feed?.(rows, contextOf(plugin))) ?? (() => ({}))),
  );
  return (progress) => Object.assign({}, ...feeds.map((feed) => feed(progress)));
}

function lastRows({ data, shape: [count, ...rest] }: Tensor, rows: number): Tensor {
  const size = data.length / count;
  return tensor((data as Float32Array).subarray((count - rows) * size), [rows, ...rest]);
}

async function decodeAll(
  decoding: DecoderComponent,
  latents: Tensor,
  signal?: AbortSignalLike,
): Promise<RgbImage[]> {
  const images: RgbImage[] = [];
  for (let row = 0; row < latents.shape[0]; row++) {
    signal?.throwIfAborted();
    images.push(await decodeRow(decoding, latents, row));
  }
  return images;
}
