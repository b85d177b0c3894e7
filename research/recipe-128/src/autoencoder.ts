// Trains the autoencoder on random crops of scenes.

import {
  abs,
  add,
  input,
  mean,
  multiply,
  parameterStore,
  sliceAxis,
  subtract,
  type Tensors,
  tensor,
  type Value,
} from '@spatiallock/core';
import { type AutoencoderDcConfig, decodeDc, encodeDc } from '@spatiallock/core/models';
import { random } from '@spatiallock/core/nn';
import { cosineRate, muon } from '@spatiallock/core/train';
import { seedRanges } from '@spatiallock/research-harness';
import { type Art, renderBatch } from '@spatiallock/research-scenes-128';
import type { TrainingStage } from '@spatiallock/training';
import { autoencoderConfig, IMAGE_SIZE } from './settings.js';

export interface AutoencoderRun {
  readonly steps: number;
  readonly batch: number;
  /** Pixels per side of a crop. */
  readonly crop: number;
  readonly peak: number;
  readonly scenes: number;
}

export const autoencoderRun: AutoencoderRun = {
  steps: 1600,
  batch: 32,
  crop: 64,
  peak: 1.5e-3,
  scenes: 4000,
};

/** Standard deviation of the noise on latents while training: the U-Net's mistakes then cost the decoder little. */
export const LATENT_NOISE = 0.05;
/** Holds the latents' size against that noise. */
const LATENT_PENALTY = 5e-4;

/** Mean absolute error, and that of the differences of neighbours, which keeps edges sharp. */
function reconstructionLoss(image: Value, copy: Value): Value {
  const error = subtract(copy, image);
  const steps = [2, 3].map((axis) => mean(abs(neighbourDifference(error, axis))));
  return add(mean(abs(error)), multiply(add(steps[0]!, steps[1]!), 0.5));
}

/** x[i + 1] - x[i] along an axis. */
export function neighbourDifference(x: Value, axis: number): Value {
  const n = x.shape[axis]!;
  return subtract(sliceAxis(x, axis, 1, n), sliceAxis(x, axis, 0, n - 1));
}

/** The stage's graph and data; weights are named as in AutoencoderDC checkpoints. */
export function autoencoderStage(
  art: Art,
  run: AutoencoderRun,
  config: AutoencoderDcConfig = autoencoderConfig,
): TrainingStage {
  const { batch, crop } = run;
  const store = parameterStore();
  const image = input('image', [batch, 3, crop, crop]);
  const latents = encodeDc(store.scope, config, image);
  const noise = input('noise', latents.shape);
  const copy = decodeDc(store.scope, config, add(latents, multiply(noise, LATENT_NOISE)));
  const error = subtract(copy, image);
  const power = mean(multiply(latents, latents));
  return {
    name: 'autoencoder',
    inputs: { image, noise },
    params: store.params,
    loss: add(reconstructionLoss(image, copy), multiply(power, LATENT_PENALTY)),
    optimiser: muon(),
    learningRate: cosineRate({ peak: run.peak, warmup: 100, steps: run.steps }),
    ema: 0.998,
    outputs: { mse: mean(multiply(error, error)), power },
    steps: run.steps,
    seed: 1,
    batch: cropBatches(art, run, latents.shape),
  };
}

/** Crops from a store of scenes of which some are drawn anew at each step. */
function cropBatches(art: Art, { batch, crop, scenes }: AutoencoderRun, latentShape: readonly number[]) {
  const bytes = 3 * IMAGE_SIZE * IMAGE_SIZE;
  const store = new Uint8Array(scenes * bytes);
  let drawn = 0;
  const draw = (count: number): void => {
    for (let i = 0; i < count; i++, drawn++) {
      const { images } = renderBatch(art, [seedRanges.autoencoder + drawn]);
      store.set(images, (drawn % scenes) * bytes);
    }
  };
  return (step: number): Tensors => {
    draw(drawn === 0 ? scenes : 2);
    const rng = random(step + 1_000_003);
    const data = new Float32Array(batch * 3 * crop * crop);
    for (let n = 0; n < batch; n++) {
      const from = rng.int(Math.min(drawn, scenes)) * bytes;
      const left = rng.int(IMAGE_SIZE - crop + 1);
      const top = rng.int(IMAGE_SIZE - crop + 1);
      copyCrop(store, from, left, top, crop, data, n * 3 * crop * crop);
    }
    const noise = Float32Array.from({ length: latentShape.reduce((a, b) => a * b) }, () => rng.normal());
    return { image: tensor(data, [batch, 3, crop, crop]), noise: tensor(noise, latentShape) };
  };
}

/** Bytes of a square of a picture, as floats of -1..1 by channels. */
export function copyCrop(
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
    for (let x = 0; x < crop; x++) {
      const pixel = from + 3 * ((top + y) * IMAGE_SIZE + left + x);
      const at = to + y * crop + x;
      out[at] = store[pixel]! / 127.5 - 1;
      out[at + plane] = store[pixel + 1]! / 127.5 - 1;
      out[at + 2 * plane] = store[pixel + 2]! / 127.5 - 1;
    }
  }
}
