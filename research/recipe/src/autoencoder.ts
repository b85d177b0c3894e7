// Trains the autoencoder on random crops of scenes.

import {
  abs,
  add,
  input,
  mean,
  multiply,
  parameterStore,
  sizeOf,
  sliceAxis,
  subtract,
  type Tensors,
  tensor,
  type Value,
} from '@spatiallock/core';
import { decodeDc, encodeDc } from '@spatiallock/core/models';
import { random } from '@spatiallock/core/nn';
import { cosineRate, muon } from '@spatiallock/core/train';
import type { TrainingStage } from '@spatiallock/training';
import type { NoiseTable } from './noiseTable.js';
import { SCENES_AT_ONCE, type SceneFeed } from './sceneFeed.js';
import { autoencoderConfig, IMAGE_SIZE } from './settings.js';

export interface AutoencoderRun {
  readonly steps: number;
  readonly batch: number;
  /** Pixels per side of a crop. */
  readonly crop: number;
  readonly peak: number;
  /** Scenes that crops are taken from; `SCENES_AT_ONCE` of them are new at every so many steps. */
  readonly scenes: number;
  readonly freshEvery: number;
}

/** Standard deviation of the noise on latents while training: the U-Net's errors then cost the decoder little. */
const LATENT_NOISE = 0.05;
/** Holds the latents' size against that noise. */
const LATENT_PENALTY = 5e-4;

export interface AutoencoderParts {
  readonly feed: SceneFeed;
  readonly noise: NoiseTable;
  readonly start?: Tensors;
}

/** The stage's graph and data; weights are named as in AutoencoderDC checkpoints. */
export function autoencoderStage(run: AutoencoderRun, parts: AutoencoderParts): TrainingStage {
  const { batch, crop } = run;
  const store = parameterStore();
  const image = input('image', [batch, 3, crop, crop]);
  const latents = encodeDc(store.scope, autoencoderConfig, image);
  const noise = input('noise', latents.shape);
  const copy = decodeDc(store.scope, autoencoderConfig, add(latents, multiply(noise, LATENT_NOISE)));
  const error = subtract(copy, image);
  const power = mean(multiply(latents, latents));
  return {
    name: 'autoencoder',
    inputs: { image, noise },
    params: store.params,
    loss: add(reconstructionLoss(error), multiply(power, LATENT_PENALTY)),
    optimiser: muon(),
    learningRate: cosineRate({ peak: run.peak, warmup: Math.min(100, run.steps / 10), steps: run.steps }),
    ema: 0.998,
    outputs: { mse: mean(multiply(error, error)), power },
    steps: run.steps,
    seed: 1,
    start: parts.start,
    batch: cropBatches(run, parts, latents.shape),
  };
}

/** Mean absolute error, and that of the differences of neighbours, which keeps edges sharp. */
function reconstructionLoss(error: Value): Value {
  const steps = [2, 3].map((axis) => mean(abs(neighbourDifference(error, axis))));
  return add(mean(abs(error)), multiply(add(steps[0]!, steps[1]!), 0.5));
}

/** x[i + 1] - x[i] along an axis. */
function neighbourDifference(x: Value, axis: number): Value {
  const n = x.shape[axis]!;
  return subtract(sliceAxis(x, axis, 1, n), sliceAxis(x, axis, 0, n - 1));
}

/** Crops from a store of scenes of which the oldest are replaced now and then. */
function cropBatches(run: AutoencoderRun, { feed, noise }: AutoencoderParts, latentShape: readonly number[]) {
  const { batch, crop, scenes, freshEvery } = run;
  const bytes = 3 * IMAGE_SIZE * IMAGE_SIZE;
  const store = new Uint8Array(scenes * bytes);
  let drawn = 0;
  const draw = async (): Promise<void> => {
    const { images } = await feed.next();
    store.set(images, (drawn % scenes) * bytes);
    drawn += SCENES_AT_ONCE;
  };
  return async (step: number): Promise<Tensors> => {
    // A store that fills while training goes on: the first steps need not wait for all of it.
    if (drawn < scenes ? true : step % freshEvery === 0) await draw();
    const rng = random(step + 1_000_003);
    const data = new Float32Array(batch * 3 * crop * crop);
    for (let n = 0; n < batch; n++) {
      const from = rng.int(Math.min(drawn, scenes)) * bytes;
      const left = rng.int(IMAGE_SIZE - crop + 1);
      const top = rng.int(IMAGE_SIZE - crop + 1);
      copyCrop(store, from, left, top, crop, data, n * 3 * crop * crop);
    }
    const numbers = new Float32Array(sizeOf(latentShape));
    noise.fill(numbers, rng);
    return { image: tensor(data, [batch, 3, crop, crop]), noise: tensor(numbers, latentShape) };
  };
}

/** Bytes of a square of a picture, as floats of -1..1 by channels. */
function copyCrop(
  store: Uint8Array,
  from: number,
  left: number,
  top: number,
  crop: number,
  out: Float32Array,
  to: number,
): void {
  const plane = crop * crop;
  for (let y = 0; y < crop; y++) {
    let pixel = from + 3 * ((top + y) * IMAGE_SIZE + left);
    for (let at = to + y * crop; at < to + (y + 1) * crop; at++, pixel += 3) {
      out[at] = store[pixel]! / 127.5 - 1;
      out[at + plane] = store[pixel + 1]! / 127.5 - 1;
      out[at + 2 * plane] = store[pixel + 2]! / 127.5 - 1;
    }
  }
}
