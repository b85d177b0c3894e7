// The U-Net as a function of latents and timestep: texts, objects and plugins of a batch of layouts, encoded once.

import type { AbortSignalLike } from '../abort.js';
import type { Executable } from '../graph/backend.js';
import { type Shape, type Tensor, type Tensors, tensor } from '../graph/tensor.js';
import type { Graph } from '../graph/value.js';
import type { UNet2dConditionConfig } from '../models/unet2dConditionConfig.js';
import type { PluginOptions } from '../plugin/callOptions.js';
import type { CallContext, FeedRow } from '../plugin/feed.js';
import type { Guidance } from '../plugin/guidance.js';
import type { Plugin } from '../plugin/plugin.js';
import type { CallProgress } from '../plugin/progress.js';
import type { Predict } from '../plugin/sampling.js';
import { stepFeed } from '../plugin/stepFeed.js';
import type { NoiseSchedule } from '../schedulers/noiseSchedule.js';
import { contextFor, textFeeds } from './callContext.js';
import type { DecoderComponent } from './decoding.js';
import { partKey, type UNetPart, unetRunner } from './deepCache.js';
import type { Guide } from './denoise.js';
import type { GraphCache, GraphLease } from './graphCache.js';
import { latentGuide } from './guidance.js';
import { guidanceSchedule } from './guidanceInterval.js';
import type { Sides } from './imagePlanes.js';
import { type Layout, objectLists } from './layout.js';
import { samplingParts, wrapPredict } from './middleware.js';
import type { ResolvedOptions } from './options.js';
import { chunksFor } from './promptChunks.js';
import { type CheckedPromptOptions, promptTokens } from './promptTokens.js';
import type { Source } from './source.js';
import { encodeTexts, type TextComponent } from './textEncoding.js';
import { guidanceInputs, guidedPrediction, inpaintingInputs, objectSlots, type UNetSizes } from './unet.js';

export interface UNetComponent {
  readonly config: UNet2dConditionConfig;
  readonly graphs: GraphCache;
  /** Sides of the latents that the model was made for. */
  readonly height: number;
  readonly width: number;
  /** Whether the checkpoint holds a parameter of that name. */
  has(name: string): boolean;
  /** All of the U-Net, or a part of it for deep feature caching. */
  build(sizes: UNetSizes, part?: UNetPart): Graph;
}

/** A plugin that guides, and its graphs. */
export interface GuideComponent {
  readonly plugin: Plugin;
  readonly guidance: Guidance;
  readonly graphs: GraphCache;
  build(sizes: UNetSizes): Graph;
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
  /** How prompts are read. */
  readonly prompts: CheckedPromptOptions;
  /** Of the pictures, in pixels. */
  readonly size: Sides;
  /** What is painted over. */
  readonly source?: Source;
  /** Instead of the seed's first noise. */
  readonly latents?: Tensor;
  readonly signal?: AbortSignalLike;
}

interface Conditions extends SamplingRun {
  readonly components: Components;
  readonly shape: Shape;
  /** What a U-Net that inpaints is given beside the latents of each picture. */
  readonly condition?: Tensor;
  /** Takes in what is to be released at the end. */
  readonly leases: GraphLease[];
}

/** The U-Net as a function of latents and timestep, with what guides it and what plugins do around it. */
export async function conditionedOn(conditions: Conditions, noise: Float32Array) {
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
  const { promptWeighting: weighting, clipSkip } = conditions.prompts;
  const prompts = rows.map(({ prompt }) => promptTokens(text.tokenizer, prompt, weighting));
  // Every row has as many chunks as the longest, for they share one tensor.
  const chunks = Math.max(...prompts.map((prompt) => chunksFor(text.tokenizer, prompt)));
  const fed = textFeeds(conditions);
  const { hidden } = await encodeTexts(text, prompts, { chunks, fed, weighting, clipSkip });
  const contextOf = (plugin: Plugin) => contextFor(conditions, plugin, fed, hidden.shape[1]!);
  const fields = plugins.flatMap(({ layoutFields }) => layoutFields ?? []);
  const lists = layouts.flatMap((layout) => objectLists(layout, fields));
  const objects = objectSlots(Math.max(options.objectSlots, ...lists.map(([, list]) => list.length)));
  const [, , height, width] = shape as [number, number, number, number];
  const sizes = { objects, tokens: hidden.shape[1]!, height, width };
  const key = (batch: number): string => keyOf({ ...sizes, batch, chunks }, unet);
  const compiled = async (part?: UNetPart): Promise<Executable> => {
    const whole = { ...sizes, batch: rows.length };
    const lease = await unet.graphs.lease(partKey(key(rows.length), part), () => unet.build(whole, part));
    leases.push(lease);
    return lease.executable;
  };
  const executable = await unetRunner(compiled, options.deepCache, options.plan.steps.length);
  const scaleAt = guidanceSchedule(options);
  const embedding = guidanceInputs(unet.config, layouts.length, scaleAt);
  const pluginInputs = await pluginFeeds(plugins, rows, contextOf);
  const fixed = inpaintingInputs(conditions.condition, rows.length);
  const predict = guidedPrediction({
    executable,
    shape,
    text: hidden,
    pluginInputs: (progress) => ({ ...pluginInputs(progress), ...embedding(progress), ...fixed }),
    guidanceScale: scaleAt,
    guidanceRescale: options.guidanceRescale,
  });
  const given = { ...conditions, contextOf, sizes, key, embedding, text: lastRows(hidden, layouts.length) };
  return { predict, given };
}

/** Whether every call takes the conditional prediction alone. */
function unguided(options: ResolvedOptions): boolean {
  const scaleAt = guidanceSchedule(options);
  const calls = options.plan.steps.length;
  return options.plan.steps.every((_, stepIndex) => scaleAt({ stepIndex, calls }) <= 1);
}

interface GraphSizes extends Omit<UNetSizes, 'tokens'> {
  readonly chunks: number;
}

/** What is usual is not named. */
function keyOf({ batch, objects, chunks, height, width }: GraphSizes, own: UNetComponent): string {
  const more = [
    ...(chunks > 1 ? [`chunks ${chunks}`] : []),
    ...(height === own.height && width === own.width ? [] : [`${height} x ${width}`]),
  ];
  return [`batch ${batch}`, `objects ${objects}`, ...more].join(', ');
}

interface Given extends Conditions {
  readonly contextOf: (plugin: Plugin) => CallContext;
  readonly sizes: Omit<UNetSizes, 'batch'>;
  /** Of a graph for so many rows. */
  readonly key: (batch: number) => string;
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
  const batch = layouts.length;
  const { plugins, schedule } = components;
  const settings = guidance.settings(given.pluginOptions.get(plugin), layouts);
  if (settings.strength === 0 || settings.until === 0) return undefined;
  const rows = layouts.map((layout) => ({ layout, prompt: layout.prompt, conditional: true }));
  const pluginInputs = await pluginFeeds(plugins, rows, contextOf);
  const own = await guidance.feed?.(layouts, contextOf(plugin));
  const fixed = { ...own, ...inpaintingInputs(given.condition, batch) };
  const lease = await graphs.lease(given.key(batch), () => build({ ...sizes, batch }));
  leases.push(lease);
  return latentGuide({
    settings,
    onMove: guidance.onMove?.bind(guidance),
    executable: lease.executable,
    shape,
    text,
    pluginInputs: (progress) => ({ ...pluginInputs(progress), ...embedding(progress), ...fixed }),
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
  const feeds = await Promise.all(plugins.map((plugin) => stepFeed(plugin, rows, contextOf(plugin))));
  return (progress) => Object.assign({}, ...feeds.map((feed) => feed(progress)));
}

function lastRows({ data, shape: [count, ...rest] }: Tensor, rows: number): Tensor {
  const size = data.length / count;
  return tensor((data as Float32Array).subarray((count - rows) * size), [rows, ...rest]);
}
