// Trains the U-Net with PoI to undo noise on latents of scenes.

import {
  add,
  type Backend,
  type ClipTextConfig,
  type ClipTokenizer,
  clipText,
  cosineRate,
  type Executable,
  input,
  mean,
  multiply,
  muon,
  noiseLevel,
  noiseSchedule,
  parameterStore,
  random,
  subtract,
  type Tensors,
  tensor,
  unet2dCondition,
} from '@spatiallock/core';
import type { TrainingStage } from '@spatiallock/node';
import { type GroundedObject, groundingTensors, type PoiOptions, poi, poiInputs } from '@spatiallock/poi';
import { allPhrases } from '@spatiallock/scenes';
import { objectWeights } from './objectWeights.js';
import type { SceneBank } from './sceneBank.js';
import { schedulerConfig, TEXT_LENGTH, TEXT_WIDTH, unetConfig } from './settings.js';

export interface UNetRun {
  readonly steps: number;
  readonly batch: number;
  readonly peak: number;
  readonly poi: PoiOptions;
}

export const unetRun: UNetRun = { steps: 2200, batch: 48, peak: 2e-3, poi: { injection: true } };

/** Shares of pictures trained without caption and objects, without caption, without objects. */
const DROPPED = { both: 0.1, caption: 0.05, objects: 0.05 } as const;
/** Caps the weight of nearly clean pictures (min-SNR, arXiv 2303.09556). */
const MIN_SNR = 5;
/** The most objects of a scene: slots beyond them stay empty. */
const SCENE_OBJECTS = 6;
const REFRESH_EVERY = 4;

/** The stage's graph and data. Weights are named as in diffusers' checkpoints, PoI's beside them. */
export function unetStage(run: UNetRun, bank: SceneBank, texts: TextTable): TrainingStage {
  const { batch } = run;
  const [channels, height, width] = bank.shape as [number, number, number];
  const store = parameterStore();
  const clean = input('clean', [batch, channels, height, width]);
  const noise = input('noise', clean.shape);
  const signalLevel = input('signalLevel', [batch, 1, 1, 1]);
  const noiseLevelInput = input('noiseLevel', [batch, 1, 1, 1]);
  const weight = input('weight', [batch, 1, 1, 1]);
  const cellWeight = input('cellWeight', [batch, 1, height, width]);
  const timestep = input('timestep', [batch]);
  const encoderHiddenStates = input('text', [batch, TEXT_LENGTH, TEXT_WIDTH]);
  const grounding = poi(run.poi).unet!({
    scope: store.scope,
    config: unetConfig,
    batch,
    height,
    width,
    objects: SCENE_OBJECTS,
    has: () => true,
  });
  const sample = add(multiply(clean, signalLevel), multiply(noise, noiseLevelInput));
  const velocity = subtract(multiply(noise, signalLevel), multiply(clean, noiseLevelInput));
  const predicted = unet2dCondition(
    store.scope,
    unetConfig,
    { sample, timestep, encoderHiddenStates },
    grounding.hooks,
  );
  const error = subtract(predicted, velocity);
  const square = multiply(error, error);
  return {
    name: 'unet',
    inputs: {
      clean,
      noise,
      signalLevel,
      noiseLevel: noiseLevelInput,
      weight,
      cellWeight,
      timestep,
      text: encoderHiddenStates,
      ...grounding.inputs,
    },
    params: store.params,
    loss: mean(multiply(multiply(square, weight), cellWeight)),
    optimiser: muon({ weightDecay: 0.01 }),
    learningRate: cosineRate({ peak: run.peak, warmup: 100, steps: run.steps, floor: 0.005 }),
    ema: 0.998,
    outputs: { mse: mean(square) },
    steps: run.steps,
    seed: 3,
    batch: batches(run, bank, texts),
  };
}

/** Text vectors, made by the frozen text encoder. */
export interface TextTable {
  /** [texts, TEXT_LENGTH, TEXT_WIDTH] for captions. */
  captions(texts: readonly string[]): Promise<Float32Array>;
  phrase(text: string): Float32Array;
}

export async function textTable(
  backend: Backend,
  tokenizer: ClipTokenizer,
  config: ClipTextConfig,
  weights: Tensors,
  batch: number,
): Promise<TextTable> {
  const store = parameterStore();
  const ids = input('ids', [batch, TEXT_LENGTH], 'int32');
  const { lastHiddenState, poolerOutput } = clipText(store.scope, config, ids);
  const graph = { inputs: { ids }, params: store.params, outputs: { lastHiddenState, poolerOutput } };
  const encoder: Executable = await backend.compile(graph, weights);
  const phrases = allPhrases();
  const pooled = new Map<string, Float32Array>();
  for (let start = 0; start < phrases.length; start += batch) {
    const rows = Array.from({ length: batch }, (_, i) => phrases[start + i] ?? '');
    const outputs = await encoder.run({ ids: tokenizer.encodePadded(rows) });
    const data = outputs.poolerOutput!.data as Float32Array;
    for (const [i, text] of rows.entries()) {
      pooled.set(text, data.slice(i * TEXT_WIDTH, (i + 1) * TEXT_WIDTH));
    }
  }
  return {
    async captions(texts) {
      const outputs = await encoder.run({ ids: tokenizer.encodePadded(texts) });
      return outputs.lastHiddenState!.data as Float32Array;
    },
    phrase(text) {
      const row = pooled.get(text);
      if (!row) throw new Error(`phrase "${text}" is not one of the scenes'`);
      return row;
    },
  };
}

function batches({ batch }: UNetRun, bank: SceneBank, texts: TextTable) {
  const schedule = noiseSchedule(schedulerConfig);
  const [channels, height, width] = bank.shape as [number, number, number];
  const size = channels * height * width;
  return async (step: number): Promise<Tensors> => {
    if (step % REFRESH_EVERY === 0) await bank.refresh();
    const rng = random(step + 500_000);
    const clean = new Float32Array(batch * size);
    const levels = {
      signal: new Float32Array(batch),
      noise: new Float32Array(batch),
      weight: new Float32Array(batch),
    };
    const timesteps = new Float32Array(batch);
    const cellWeights = new Float32Array(batch * height * width);
    const captions: string[] = [];
    const objects: GroundedObject[][] = [];
    for (let row = 0; row < batch; row++) {
      const at = rng.int(bank.size);
      const latents = bank.latents(at);
      for (let i = 0; i < size; i++) clean[row * size + i] = latents[i]! * bank.scale;
      const { caption, objects: placed } = bank.plan(at);
      const boxes = placed.map(({ box }) => box);
      cellWeights.set(objectWeights(boxes, width), row * height * width);
      const drop = rng.uniform();
      const noBoth = drop < DROPPED.both;
      const noCaption = noBoth || (drop >= DROPPED.both && drop < DROPPED.both + DROPPED.caption);
      const noObjects = noBoth || drop > 1 - DROPPED.objects;
      captions.push(noCaption ? '' : caption);
      objects.push(
        noObjects ? [] : placed.map(({ phrase, box }) => ({ box, embedding: texts.phrase(phrase) })),
      );
      const t = stratified(row, batch, rng.uniform(), schedule.numTrainTimesteps);
      const level = noiseLevel(schedule, t);
      const snr = (level.signal / level.noise) ** 2;
      timesteps[row] = t;
      levels.signal[row] = level.signal;
      levels.noise[row] = level.noise;
      levels.weight[row] = Math.min(snr, MIN_SNR) / (snr + 1);
    }
    const noise = Float32Array.from({ length: batch * size }, () => rng.normal());
    const column = (values: Float32Array) => tensor(values, [batch, 1, 1, 1]);
    return {
      clean: tensor(clean, [batch, channels, height, width]),
      noise: tensor(noise, [batch, channels, height, width]),
      signalLevel: column(levels.signal),
      noiseLevel: column(levels.noise),
      weight: column(levels.weight),
      cellWeight: tensor(cellWeights, [batch, 1, height, width]),
      timestep: tensor(timesteps, [batch]),
      text: tensor(await texts.captions(captions), [batch, TEXT_LENGTH, TEXT_WIDTH]),
      ...groundingTensors(objects, TEXT_WIDTH),
      [poiInputs.strength]: tensor([1], []),
    };
  };
}

/** One timestep from each of `batch` equal strips: every step of training sees all noise levels. */
function stratified(row: number, batch: number, draw: number, timesteps: number): number {
  return Math.min(timesteps - 1, Math.floor(((row + draw) / batch) * timesteps));
}
