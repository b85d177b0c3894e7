// One batch of layouts, from prompts to pictures.

import type { AbortSignalLike } from '../abort.js';
import { type Shape, type Tensor, type Tensors, tensor } from '../graph/tensor.js';
import type { Graph } from '../graph/value.js';
import type { UNet2dConditionConfig } from '../models/unet2dConditionConfig.js';
import { type DecoderComponent, decodeRow } from './decoding.js';
import { denoise, type Predict } from './denoise.js';
import type { GraphCache } from './graphCache.js';
import type { RgbImage } from './image.js';
import type { Layout } from './layout.js';
import { seededNoise } from './noise.js';
import type { ResolvedOptions } from './options.js';
import type { CallProgress, Plugin } from './plugin.js';
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

/** All that samples; nothing in it changes. */
export interface Components {
  readonly unet: UNetComponent;
  readonly text: TextComponent;
  readonly decoding: DecoderComponent;
  readonly plugins: readonly Plugin[];
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
  const { plan, seed, decode, guidanceScale } = options;
  const shape = [layouts.length, unet.config.in_channels, unet.height, unet.width];
  const predict = await conditionedOn(components, layouts, guidanceScale, shape);
  const noise = seededNoise(seed, layouts.length, unet.config.in_channels * unet.height * unet.width);
  for await (const { sample, denoised, ...told } of denoise({ plan, noise, predict, signal })) {
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

/** The U-Net as a function of latents and timestep; with guidance, unconditional rows come first. */
async function conditionedOn(
  { unet, text, plugins }: Components,
  layouts: readonly Layout[],
  guidanceScale: number,
  shape: Shape,
): Promise<Predict> {
  const free = guidanceScale === 1 ? [] : layouts;
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
  const feeds = await Promise.all(plugins.map((plugin) => plugin.inputs?.(rows, context) ?? (() => ({}))));
  const objects = objectSlots(Math.max(...layouts.map((layout) => layout.objects.length)));
  const key = `batch ${rows.length}, objects ${objects}`;
  return guidedPrediction({
    executable: await unet.graphs.get(key, () => unet.build(rows.length, objects)),
    shape,
    text: hidden,
    pluginInputs: (progress): Tensors => Object.assign({}, ...feeds.map((feed) => feed(progress))),
    guidanceScale,
  });
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
