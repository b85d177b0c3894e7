// One batch of layouts, from noise to pictures.

import type { AbortSignalLike } from '../abort.js';
import { type Tensor, tensor } from '../graph/tensor.js';
import type { CallProgress } from '../plugin/progress.js';
import { type Components, conditionedOn, type SamplingRun } from './conditioning.js';
import { type DecoderComponent, decodeRow } from './decoding.js';
import { denoise } from './denoise.js';
import type { GraphLease } from './graphCache.js';
import type { RgbImage } from './image.js';
import { afterStepsOf } from './middleware.js';
import { seededNoise } from './noise.js';

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
