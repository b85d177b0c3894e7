// Trains the whole autoencoder on for what a detector has to know: small objects of wide scenes above all. Latents stay
// near what they were, so that a U-Net that has learnt them needs to learn little anew.

import {
  abs,
  add,
  divide,
  input,
  mean,
  multiply,
  parameterStore,
  type Scope,
  stopGradient,
  subtract,
  type Tensors,
  tensor,
  type Value,
} from '@spatiallock/core';
import { type AutoencoderDcConfig, decodeDc, encodeDc } from '@spatiallock/core/models';
import { type Random, random } from '@spatiallock/core/nn';
import { cosineRate, muon } from '@spatiallock/core/train';
import { seedRanges } from '@spatiallock/research-harness';
import { type Art, type PlannedObject, renderBatch } from '@spatiallock/research-scenes-128';
import type { TrainingStage } from '@spatiallock/training';
import { objectWeights } from '@spatiallock/training';
import { type AutoencoderRun, copyCrop, LATENT_NOISE, neighbourDifference } from './autoencoder.js';
import { deeperAutoencoder } from './deeperAutoencoder.js';
import { autoencoderConfig, IMAGE_SIZE } from './settings.js';

export const sharpeningRun: AutoencoderRun = { steps: 2000, batch: 32, crop: 64, peak: 1e-3, scenes: 4000 };

/** Maps of a frozen network in whose eyes copies should equal their originals, finest first; and its weights. */
export interface Likeness {
  maps(scope: Scope, image: Value): readonly Value[];
  readonly weights: Tensors;
}

/** Shares in the loss, beside that of the weighted pixels (our choice). */
const SHARES = { likeness: 0.1, latents: 0.01 } as const;
const BEFORE = 'before';
const LIKENESS = 'likeness';
/** Scenes start this far behind those of the autoencoder's own stage. */
const FURTHER_SEEDS = 6_000_000;
/** Share of the crops that show an object's middle. */
const AIMED = 0.7;

/** `published`: weights to begin with; where `config` is deeper than they are, its new blocks start as the identity. */
export function sharpeningStage(
  art: Art,
  run: AutoencoderRun,
  published: Tensors,
  likeness: Likeness,
  config: AutoencoderDcConfig = autoencoderConfig,
): TrainingStage {
  const { batch, crop } = run;
  const start = deeperAutoencoder(published, config);
  const { scope, params } = parameterStore();
  const image = input('image', [batch, 3, crop, crop]);
  const weight = input('weight', [batch, 1, crop, crop]);
  const latents = encodeDc(scope, config, image);
  const noise = input('noise', latents.shape);
  const copy = decodeDc(scope, config, add(latents, multiply(noise, LATENT_NOISE)));
  const pixels = weightedError(subtract(copy, image), weight);
  const seen = likenessError(likeness, scope.at(LIKENESS), image, copy);
  const moved = subtract(latents, encodeDc(scope.at(BEFORE), config, image));
  const drift = mean(multiply(moved, moved));
  const error = subtract(copy, image);
  const loss = add(pixels, add(multiply(seen, SHARES.likeness), multiply(drift, SHARES.latents)));
  const frozen = { ...under(BEFORE, start), ...under(LIKENESS, likeness.weights) };
  return {
    name: 'sharpening',
    inputs: { image, weight, noise },
    params,
    loss,
    trains: (name) => !Object.hasOwn(frozen, name),
    optimiser: muon(),
    learningRate: cosineRate({ peak: run.peak, warmup: 50, steps: run.steps }),
    ema: 0.995,
    outputs: { mse: mean(multiply(error, error)), likeness: seen, drift },
    steps: run.steps,
    seed: 5,
    start,
    frozen: Object.fromEntries(Object.entries(frozen).filter(([name]) => Object.hasOwn(params, name))),
    batch: aimedCrops(art, run, latents.shape),
  };
}

const under = (prefix: string, tensors: Tensors): Tensors =>
  Object.fromEntries(Object.entries(tensors).map(([name, value]) => [`${prefix}.${name}`, value]));

/** Mean absolute error and that of the differences of neighbours, cells of objects weighing more. */
function weightedError(error: Value, weight: Value): Value {
  const share = divide(weight, mean(weight));
  const weighted = multiply(error, share);
  const steps = [2, 3].map((axis) => mean(abs(neighbourDifference(weighted, axis))));
  return add(mean(abs(weighted)), multiply(add(steps[0]!, steps[1]!), 0.5));
}

/** Mean over the maps of their absolute difference, as a share of their own size. */
function likenessError(likeness: Likeness, scope: Scope, image: Value, copy: Value): Value {
  const [wanted, got] = [likeness.maps(scope, image), likeness.maps(scope, copy)];
  const parts = wanted.map((map, level) => {
    const target = stopGradient(map);
    return divide(mean(abs(subtract(got[level]!, target))), mean(abs(target)));
  });
  return divide(
    parts.reduce((a, b) => add(a, b)),
    parts.length,
  );
}

interface StoredScene {
  readonly objects: readonly PlannedObject[];
  /** Of each cell of the latents' grid. */
  readonly weights: Float32Array;
}

/** Crops of mixed scenes, most with an object in them; some scenes of the store are drawn anew at each step. */
function aimedCrops(art: Art, { batch, crop, scenes }: AutoencoderRun, latentShape: readonly number[]) {
  const bytes = 3 * IMAGE_SIZE * IMAGE_SIZE;
  const cell = crop / latentShape[2]!;
  const grid = IMAGE_SIZE / cell;
  const store = new Uint8Array(scenes * bytes);
  const stored = new Array<StoredScene>(scenes);
  let drawn = 0;
  const draw = (count: number): void => {
    for (let i = 0; i < count; i++, drawn++) {
      const seeds = [seedRanges.autoencoder + FURTHER_SEEDS + drawn];
      const { images, plans } = renderBatch(art, seeds, { variety: 'mixed' });
      const { objects } = plans[0]!;
      store.set(images, (drawn % scenes) * bytes);
      const weights = objectWeights(
        objects.map(({ box }) => box),
        grid,
        grid,
      );
      stored[drawn % scenes] = { objects, weights };
    }
  };
  return (step: number): Tensors => {
    draw(drawn === 0 ? scenes : 2);
    const rng = random(step + 3_000_003);
    const data = new Float32Array(batch * 3 * crop * crop);
    const weight = new Float32Array(batch * crop * crop);
    for (let n = 0; n < batch; n++) {
      const at = rng.int(Math.min(drawn, scenes));
      const { objects, weights } = stored[at]!;
      const [left, top] = cornerOf(objects, crop, rng);
      copyCrop(store, at * bytes, left, top, crop, data, n * 3 * crop * crop);
      for (let i = 0; i < crop * crop; i++) {
        const [x, y] = [left + (i % crop), top + Math.floor(i / crop)];
        weight[n * crop * crop + i] = weights[Math.floor(y / cell) * grid + Math.floor(x / cell)]!;
      }
    }
    const noise = Float32Array.from({ length: latentShape.reduce((a, b) => a * b) }, () => rng.normal());
    return {
      image: tensor(data, [batch, 3, crop, crop]),
      weight: tensor(weight, [batch, 1, crop, crop]),
      noise: tensor(noise, latentShape),
    };
  };
}

/** A corner such that the crop holds the middle of one of the objects, or any corner. */
function cornerOf(objects: readonly PlannedObject[], crop: number, rng: Random): [number, number] {
  const box = rng.uniform() < AIMED ? objects[rng.int(objects.length)]?.box : undefined;
  const room = IMAGE_SIZE - crop;
  if (!box) return [rng.int(room + 1), rng.int(room + 1)];
  const along = (from: number, to: number): number => {
    const middle = Math.floor(((from + to) / 2) * IMAGE_SIZE);
    return Math.min(room, Math.max(0, middle - rng.int(crop)));
  };
  return [along(box[0], box[2]), along(box[1], box[3])];
}
