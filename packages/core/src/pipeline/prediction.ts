// The U-Net as a function of latents and timestep: texts and objects of a batch of layouts, encoded once.

import type { Executable } from '../graph/backend.js';
import { type Tensor, type Tensors, tensor } from '../graph/tensor.js';
import type { CallContext, FeedRow } from '../plugin/feed.js';
import type { Plugin } from '../plugin/plugin.js';
import type { CallProgress } from '../plugin/progress.js';
import type { Predict } from '../plugin/sampling.js';
import { stepFeed } from '../plugin/stepFeed.js';
import { contextFor, textFeeds } from './callContext.js';
import { partKey, type UNetPart, unetRunner } from './deepCache.js';
import { guidanceSchedule } from './guidanceInterval.js';
import { guidanceScales, isGuided } from './guidanceUse.js';
import { objectLists } from './layout.js';
import { chunksFor } from './promptChunks.js';
import { promptTokens } from './promptTokens.js';
import type { Conditions, UNetComponent } from './samplingRun.js';
import { encodeTexts } from './textEncoding.js';
import { guidanceInputs, guidedPrediction, inpaintingInputs, objectSlots, type UNetSizes } from './unet.js';

/** What was settled for a batch of layouts. */
export interface Given extends Conditions {
  readonly contextOf: (plugin: Plugin) => CallContext;
  readonly sizes: Omit<UNetSizes, 'batch'>;
  /** Of a graph for so many rows. */
  readonly key: (batch: number) => string;
  /** Of the prompts, [layouts, T, D]. */
  readonly text: Tensor;
  readonly scaleAt: (progress: CallProgress) => number;
  /** See `guidanceInputs`. */
  readonly embedding: (progress: CallProgress) => Tensors;
}

/** The prediction of each call, and what was settled for it. */
export async function predictionOf(
  conditions: Conditions,
): Promise<{ readonly predict: Predict; readonly given: Given }> {
  const { components, layouts, options, shape } = conditions;
  const { unet, text, plugins } = components;
  const guided = isGuided(unet.config, options);
  const conditional = layouts.map((layout) => ({ layout, prompt: layout.prompt, conditional: true }));
  const free = layouts.map((layout) => ({ layout, prompt: layout.negativePrompt ?? '', conditional: false }));
  const rows = guided ? [...free, ...conditional] : conditional;
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
  const scaleAt = guidanceSchedule(options);
  const embedding = guidanceInputs(unet.config, layouts.length, scaleAt);
  const own = { contextOf, sizes, key, scaleAt, embedding, text: lastRows(hidden, layouts.length) };
  const given = { ...conditions, ...own };
  const allRows = await rowPrediction(given, rows, hidden);
  if (!guided || guidanceScales(options).every((scale) => scale > 1)) return { predict: allRows, given };
  // Calls without guidance leave the unconditional rows out.
  const conditionalRows = await rowPrediction(given, conditional, given.text);
  const predict: Predict = (sample, timestep, progress) => {
    const predictRows = scaleAt(progress) > 1 ? allRows : conditionalRows;
    return predictRows(sample, timestep, progress);
  };
  return { predict, given };
}

/** Predictions by a graph for these rows; `hidden` is their texts, [rows, T, D]. */
async function rowPrediction(given: Given, rows: readonly FeedRow[], hidden: Tensor): Promise<Predict> {
  const { components, options, shape, sizes, key, leases, contextOf, embedding } = given;
  const { unet, plugins } = components;
  const batch = rows.length;
  const compiled = async (part?: UNetPart): Promise<Executable> => {
    const build = () => unet.build({ ...sizes, batch }, part);
    const lease = await unet.graphs.lease(partKey(key(batch), part), build);
    leases.push(lease);
    return lease.executable;
  };
  const executable = await unetRunner(compiled, options.deepCache, options.plan.steps.length);
  const pluginInputs = await pluginFeeds(plugins, rows, contextOf);
  const fixed = inpaintingInputs(given.condition, batch);
  return guidedPrediction({
    executable,
    shape,
    text: hidden,
    pluginInputs: (progress) => ({ ...pluginInputs(progress), ...embedding(progress), ...fixed }),
    guidanceScale: given.scaleAt,
    guidanceRescale: options.guidanceRescale,
  });
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

/** What all plugins feed, for each call. */
export async function pluginFeeds(
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
