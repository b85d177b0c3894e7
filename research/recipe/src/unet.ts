// Trains U-Net, PoI and text encoder together to undo noise on latents of scenes.

import { multiply, pad, parameterStore, reshape, type Tensors, type Value } from '@spatiallock/core';
import { adamw, cosineRate, muon, type Optimiser } from '@spatiallock/core/train';
import { poi, poiInputs } from '@spatiallock/poi';
import type { TrainingStage } from '@spatiallock/training';
import { unetObjective } from '@spatiallock/training';
import { drawRows, levelTensors, noisedRows, rowTensors, schedule, streamOf } from './batches.js';
import type { LatentCache } from './latentCache.js';
import type { NoiseTable } from './noiseTable.js';
import { SCENE_OBJECTS, TEXT_LENGTH, TEXT_WIDTH, unetConfig } from './settings.js';
import { type ClockListener, type StageLength, stageClock } from './stageClock.js';
import { substitute } from './substitute.js';
import { type EncodedTexts, encodedTexts, idInputs, TEXT_SCOPE } from './text.js';

export interface UNetRun extends StageLength {
  readonly batch: number;
  readonly peak: number;
  readonly ema: number;
  readonly saveEvery?: number;
}

export interface UNetParts extends ClockListener {
  readonly cache: LatentCache;
  readonly noise: NoiseTable;
  /** Weights to start from, the text encoder's under `TEXT_SCOPE`. */
  readonly start: Tensors;
  readonly onSave?: TrainingStage['onSave'];
}

const SEED = 3;
/** The text encoder has learnt already; it follows slowly. */
const TEXT_RATE = 0.2;

export function unetStage(run: UNetRun, parts: UNetParts): TrainingStage {
  const { steps, batch, peak, ema, saveEvery } = run;
  const { cache, noise } = parts;
  const [, height, width] = cache.shape as [number, number, number];
  const objective = unetObjective({
    config: unetConfig,
    predictionType: schedule.predictionType,
    sizes: { batch, height, width, tokens: TEXT_LENGTH, objects: SCENE_OBJECTS },
    plugins: [poi({ injection: true })],
  });
  const clock = stageClock(run, parts);
  const rate = cosineRate({ peak, warmup: Math.min(200, steps / 15), steps, floor: 0.01 });
  const store = parameterStore();
  const ids = idInputs(batch, SCENE_OBJECTS);
  const texts = encodedTexts(store.scope, ids);
  const { text, [poiInputs.embeddings]: embeddings, ...inputs } = objective.inputs;
  const values = substitute(
    { ...objective.outputs, loss: objective.loss },
    new Map([
      [text!, texts.captions],
      [embeddings!, slotEmbeddings(texts, batch, embeddings!)],
    ]),
  );
  return {
    name: 'unet',
    inputs: { ...inputs, ...ids, ...clock.inputs },
    params: { ...objective.params, ...store.params },
    loss: values.loss!,
    outputs: { mse: values.mse! },
    optimiser: jointOptimiser(),
    learningRate: clock.rate(rate),
    ema,
    steps: clock.steps,
    seed: SEED,
    start: parts.start,
    saveEvery,
    onSave: parts.onSave,
    async batch(step) {
      await cache.advance(step);
      const rng = streamOf(SEED, step);
      const rows = drawRows(cache, batch, rng);
      return {
        ...rowTensors(rows, cache, noise, rng),
        ...levelTensors(noisedRows(batch, rng)),
        ...(await clock.feed()),
      };
    },
  };
}

/** Phrases' vectors in PoI's slots: [batch, slots of PoI, TEXT_WIDTH]; masks hide those without an object. */
export function slotEmbeddings({ phrases }: EncodedTexts, batch: number, like: Value): Value {
  const slots = like.shape[1]!;
  return pad(reshape(phrases, [batch, SCENE_OBJECTS, TEXT_WIDTH]), [0, 0, 0], [0, slots - SCENE_OBJECTS, 0]);
}

/** Muon for the U-Net; AdamW, slower, for the text encoder. */
export function jointOptimiser(): Optimiser {
  const [network, text] = [muon({ weightDecay: 0.01 }), adamw({ weightDecay: 0.01 })];
  return (moment) => {
    const ofText = moment.state.path.split('.').includes(TEXT_SCOPE);
    if (!ofText) return network(moment);
    return text({ ...moment, learningRate: multiply(moment.learningRate, TEXT_RATE) });
  };
}
