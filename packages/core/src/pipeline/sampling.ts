// One batch of layouts, from noise to pictures.

import type { AbortSignalLike } from '../abort.js';
import { sizeOf, type Tensor, tensor } from '../graph/tensor.js';
import { latentChannels } from '../models/unet2dConditionConfig.js';
import type { CallProgress } from '../plugin/progress.js';
import { conditionedOn } from './conditioning.js';
import { type DecoderComponent, decodeRow } from './decoding.js';
import { denoise } from './denoise.js';
import type { GraphLease } from './graphCache.js';
import type { RgbImage } from './image.js';
import { afterStepsOf, startingLatents } from './middleware.js';
import { seededNoise } from './noise.js';
import { paintedOver } from './paintOver.js';
import type { Components, SamplingRun } from './samplingRun.js';
import { type SourcePlanes, withKept } from './sourcePlanes.js';

/** What listeners get after each call of the U-Net. */
export interface StepEvent extends CallProgress {
  /** As the network was given it; falls towards 0, and once more in each sheet of details. */
  readonly timestep: number;
  /** A copy of them after this call, as the U-Net sees them: [layouts, C, h, w]; while details are painted, those of the pictures. */
  readonly latents: Tensor;
  /** Of this call alone. */
  readonly milliseconds: number;
  /** The picture of this call's x0 prediction for a row (default 0), decoded when asked for; while details are painted, with those that are. */
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
  const { unet, decoding } = components;
  const { plan, schedule, seed, generator, decode } = options;
  const { factor } = decoding.decoder;
  const latent = [latentChannels(unet.config), run.size.height / factor, run.size.width / factor];
  const shape = [layouts.length, ...latent];
  const leases: GraphLease[] = [];
  try {
    const noise = seededNoise(seed, layouts.length, sizeOf(latent), generator);
    const first = (run.latents?.data as Float32Array | undefined) ?? noise();
    const { part, planes, condition } = await paintedOver(components, run, shape, first);
    const { predict, guides, parts } = await conditionedOn(
      { ...run, components, shape, leases, condition },
      first,
    );
    const own = { owner: 'image', part };
    // Plugins change what a picture starts from, and what is kept of it stands over what they do.
    const start = await startingLatents([own, ...parts], plan, schedule, first);
    const afterSteps = afterStepsOf([...parts, own], schedule);
    const steps = denoise({ plan, noise, start, predict, guides, afterSteps, signal });
    for await (const { sample, denoised, ...step } of steps) {
      const latents = tensor(sample, shape);
      const preview = (row = 0) => decodeRow(decoding, tensor(denoised(), shape), row);
      const decodes = decode && step.stepIndex === step.calls - 1;
      yield {
        ...step,
        latents,
        preview,
        ...(decodes ? { images: await decodeAll(decoding, latents, planes, signal) } : {}),
      };
    }
  } finally {
    for (const { release } of leases) release();
  }
}

async function decodeAll(
  decoding: DecoderComponent,
  latents: Tensor,
  planes: readonly SourcePlanes[] | undefined,
  signal?: AbortSignalLike,
): Promise<RgbImage[]> {
  const images: RgbImage[] = [];
  for (let row = 0; row < latents.shape[0]; row++) {
    signal?.throwIfAborted();
    const painted = await decodeRow(decoding, latents, row);
    images.push(planes ? withKept(painted, planes[row]!) : painted);
  }
  return images;
}
