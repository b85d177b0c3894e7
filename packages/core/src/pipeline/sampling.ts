// One batch of layouts, from prompts to pictures.

import type { AbortSignalLike } from '../abort.js';
import { type Shape, type Tensor, type Tensors, tensor } from '../graph/tensor.js';
import type { Graph } from '../graph/value.js';
import type { UNet2dConditionConfig } from '../models/unet2dConditionConfig.js';
import type { NoiseSchedule } from '../schedulers/noiseSchedule.js';
import { type DecoderComponent, decodeRow } from './decoding.js';
import { denoise, type Guide, type Predict } from './denoise.js';
import type { GraphCache } from './graphCache.js';
import { latentGuide } from './guidance.js';
import type { RgbImage } from './image.js';
import type { Layout } from './layout.js';
import { seededNoise } from './noise.js';
import { guidanceSchedule, type ResolvedOptions } from './options.js';
import type { CallProgress, Guidance, InputContext, Plugin } from './plugin.js';
import { encodeTexts, type TextComponent } from './textEncoding.js';
import { guidedPrediction, objectSlots } from './unet.js';

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

export interface UNetComponent {
  readonly config: UNet2dConditionConfig;
  readonly graphs: GraphCache;
  /** Sides of the latents. */
  readonly height: number;
  readonly width: number;
  /** Whether the checkpoint holds a parameter of that name. */
  has(name: string): boolean;
  build(batch: number, objects: number): Graph;
}

/** A plugin that guides, and its graphs. */
export interface GuideComponent {
  readonly plugin: Plugin;
  readonly guidance: Guidance;
  readonly graphs: GraphCache;
  build(batch: number, objects: number): Graph;
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

/** Samples layouts that were checked; yields after each call of the U-Net. */
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
  const { predict, guides } = await conditionedOn(components, layouts, options, shape);
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
}

/** The U-Net as a function of latents and timestep, and what guides it; unconditional rows come first. */
async function conditionedOn(
  components: Components,
  layouts: readonly Layout[],
  options: ResolvedOptions,
  shape: Shape,
): Promise<{ readonly predict: Predict; readonly guides: readonly Guide[] }> {
  const { unet, text, plugins } = components;
  const free = unguided(options) ? [] : layouts;
  const rows = [...free.map(() => undefined), ...layouts];
  const prompts = [
    ...free.map(({ negativePrompt = '' }) => negativePrompt),
    ...layouts.map(({ prompt }) => prompt),
  ];
  const { hidden } = await encodeTexts(text, prompts);
  const context = {
    config: unet.config,
    has: unet.has,
    encodePhrases: async (phrases: readonly string[]) => (await encodeTexts(text, phrases)).pooled,
  };
  const objects = objectSlots(
    Math.max(options.objectSlots, ...layouts.map((layout) => layout.objects.length)),
  );
  const key = `batch ${rows.length}, objects ${objects}`;
  const predict = guidedPrediction({
    executable: await unet.graphs.get(key, () => unet.build(rows.length, objects)),
    shape,
    text: hidden,
    pluginInputs: await inputsOf(plugins, rows, context),
    guidanceScale: guidanceSchedule(options),
    guidanceRescale: options.guidanceRescale,
  });
  const given = { layouts, context, shape, objects, text: lastRows(hidden, layouts.length) };
  const guides = await Promise.all(components.guides.map((guide) => guideOf(components, guide, given)));
  return { predict, guides };
}

/** Whether every call takes the conditional prediction alone. */
const unguided = ({ guidanceScale, lateGuidance }: ResolvedOptions): boolean =>
  guidanceScale === 1 && (lateGuidance?.most ?? 1) >= 1;

interface Given {
  readonly layouts: readonly Layout[];
  readonly context: InputContext;
  readonly shape: Shape;
  readonly objects: number;
  /** Of the prompts, [layouts, T, D]. */
  readonly text: Tensor;
}

async function guideOf(
  { plugins, schedule }: Components,
  { guidance, graphs, build }: GuideComponent,
  { layouts, context, shape, objects, text }: Given,
): Promise<Guide> {
  const pluginInputs = await inputsOf(plugins, layouts, context);
  const own = await guidance.inputs(layouts, context);
  const key = `batch ${layouts.length}, objects ${objects}`;
  return latentGuide({
    guidance,
    executable: await graphs.get(key, () => build(layouts.length, objects)),
    shape,
    text,
    pluginInputs: (progress) => ({ ...pluginInputs(progress), ...own }),
    schedule,
  });
}

/** What all plugins feed, for each call. */
async function inputsOf(
  plugins: readonly Plugin[],
  rows: readonly (Layout | undefined)[],
  context: InputContext,
): Promise<(progress: CallProgress) => Tensors> {
  const feeds = await Promise.all(plugins.map((plugin) => plugin.inputs?.(rows, context) ?? (() => ({}))));
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
