// One batch of layouts, from prompts to pictures.

import type { AbortSignalLike } from '../abort.js';
import { type Shape, type Tensor, type Tensors, tensor } from '../graph/tensor.js';
import type { Graph } from '../graph/value.js';
import type { UNet2dConditionConfig } from '../models/unet2dConditionConfig.js';
import type { NoiseSchedule } from '../schedulers/noiseSchedule.js';
import { type DecoderComponent, decodeRow } from './decoding.js';
import { denoise, type Guide, type Predict } from './denoise.js';
import type { GraphCache, GraphLease } from './graphCache.js';
import { latentGuide } from './guidance.js';
import type { RgbImage } from './image.js';
import type { Layout } from './layout.js';
import { seededNoise } from './noise.js';
import { guidanceSchedule, type ResolvedOptions } from './options.js';
import type { CallProgress, Guidance, InputContext, Plugin } from './plugin.js';
import { tokenChunks } from './promptChunks.js';
import { encodeTexts, type TextComponent } from './textEncoding.js';
import { guidanceInputs, guidedPrediction, objectSlots } from './unet.js';

/** What is told after each call of the U-Net. */
export interface StepEvent extends CallProgress {
  /** As the network was told; falls towards 0. */
  readonly timestep: number;
  /** A copy of them after this call, as the U-Net sees them: [layouts, C, h, w]. */
  readonly latents: Tensor;
  /** Of this call alone. */
  readonly milliseconds: number;
  /** The picture that this call foretells for a row (default 0); decoded when asked for. */
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

/** Samples layouts that were checked; yields after each call of the U-Net. Graphs are held until it ends. */
export async function* sample(
  components: Components,
  layouts: readonly Layout[],
  options: ResolvedOptions,
  signal?: AbortSignalLike,
): AsyncGenerator<StepEvent, void, undefined> {
  signal?.throwIfAborted();
  const { unet, decoding } = components;
  const { plan, seed, generator, decode } = options;
  const shape = [layouts.length, unet.config.in_channels, unet.height, unet.width];
  const leases: GraphLease[] = [];
  try {
    const { predict, guides } = await conditionedOn({ components, layouts, options, shape, leases, signal });
    const size = unet.config.in_channels * unet.height * unet.width;
    const noise = seededNoise(seed, layouts.length, size, generator);
    for await (const { sample, denoised, ...told } of denoise({ plan, noise, predict, guides, signal })) {
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

interface Conditions {
  readonly components: Components;
  readonly layouts: readonly Layout[];
  readonly options: ResolvedOptions;
  readonly shape: Shape;
  /** Takes in what is to be released at the end. */
  readonly leases: GraphLease[];
  readonly signal?: AbortSignalLike;
}

/** The U-Net as a function of latents and timestep, and what guides it; unconditional rows come first. */
async function conditionedOn(
  conditions: Conditions,
): Promise<{ readonly predict: Predict; readonly guides: readonly Guide[] }> {
  const { components, layouts, options, shape, leases } = conditions;
  const { unet, text, plugins } = components;
  const distilled = unet.config.time_cond_proj_dim !== null;
  const free = distilled || unguided(options) ? [] : layouts;
  const rows = [...free.map(() => undefined), ...layouts];
  const prompts = [
    ...free.map(({ negativePrompt = '' }) => negativePrompt),
    ...layouts.map(({ prompt }) => prompt),
  ];
  // Every row has as many chunks as the longest, for they share one tensor.
  const chunks = Math.max(...prompts.map((prompt) => tokenChunks(text.tokenizer, prompt)));
  const { hidden } = await encodeTexts(text, prompts, chunks);
  const context = {
    config: unet.config,
    has: unet.has,
    encodePhrases: async (phrases: readonly string[]) => (await encodeTexts(text, phrases)).pooled,
  };
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
  const pluginInputs = await inputsOf(plugins, rows, context);
  const predict = guidedPrediction({
    executable: lease.executable,
    shape,
    text: hidden,
    pluginInputs: (progress) => ({ ...pluginInputs(progress), ...embedding(progress) }),
    guidanceScale: scaleAt,
    guidanceRescale: options.guidanceRescale,
  });
  const given = { ...conditions, context, sizes, embedding, text: lastRows(hidden, layouts.length) };
  const guides: Guide[] = [];
  for (const guide of components.guides) guides.push(await guideOf(guide, given));
  return { predict, guides };
}

/** Whether every call takes the conditional prediction alone. */
function unguided(options: ResolvedOptions): boolean {
  const scaleAt = guidanceSchedule(options);
  const calls = options.plan.steps.length;
  return options.plan.steps.every((_, call) => scaleAt({ call, calls }) <= 1);
}

interface GraphSizes {
  readonly objects: number;
  readonly chunks: number;
  readonly tokens: number;
}

const keyOf = (batch: number, { objects, chunks }: GraphSizes): string =>
  `batch ${batch}, objects ${objects}${chunks > 1 ? `, chunks ${chunks}` : ''}`;

interface Given extends Conditions {
  readonly context: InputContext;
  readonly sizes: GraphSizes;
  /** Of the prompts, [layouts, T, D]. */
  readonly text: Tensor;
  /** See `guidanceInputs`. */
  readonly embedding: (progress: CallProgress) => Tensors;
}

async function guideOf({ guidance, graphs, build }: GuideComponent, given: Given): Promise<Guide> {
  const { components, layouts, context, shape, sizes, text, embedding, leases, signal } = given;
  const { plugins, schedule } = components;
  const pluginInputs = await inputsOf(plugins, layouts, context);
  const own = await guidance.inputs(layouts, context);
  const lease = await graphs.lease(keyOf(layouts.length, sizes), () =>
    build(layouts.length, sizes.objects, sizes.tokens),
  );
  leases.push(lease);
  return latentGuide({
    guidance,
    executable: lease.executable,
    shape,
    text,
    pluginInputs: (progress) => ({ ...pluginInputs(progress), ...embedding(progress), ...own }),
    schedule,
    signal,
  });
}

/** What all plugins feed, for each call. */
async function inputsOf(
  plugins: readonly Plugin[],
  rows: readonly (Layout | undefined)[],
  context: InputContext,
): Promise<(progress: CallProgress) => Tensors> {
  const feeds = await Promise.all(
    plugins.map(async (plugin) => (await plugin.inputs?.(rows, context)) ?? (() => ({}))),
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
