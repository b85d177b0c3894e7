// What a step of the U-Net is fed: scenes of the cache, noised, their captions and objects dropped now and then.

import { type Tensor, type Tensors, tensor } from '@spatiallock/core';
import { type Random, randomStream } from '@spatiallock/core/nn';
import { type NoiseSchedule, noiseSchedule } from '@spatiallock/core/schedulers';
import { groundingTensors, poiInputs } from '@spatiallock/poi';
import type { PlannedObject } from '@spatiallock/scenes';
import { type NoisedRow, noisedRow, objectiveInputs, objectWeights, stratified } from '@spatiallock/training';
import type { LatentCache } from './latentCache.js';
import type { NoiseTable } from './noiseTable.js';
import { SCENE_OBJECTS, schedulerConfig, TEXT_WIDTH } from './settings.js';
import { textIds } from './text.js';

/** Shares of pictures that are trained without caption and objects, without caption, by the caption alone. */
export const dropping = { both: 0.1, caption: 0.05, objects: 0.25 } as const;

export interface Row {
  /** Of the cache. */
  readonly index: number;
  readonly caption: string;
  readonly objects: readonly PlannedObject[];
  /** Where objects stand, whether or not the U-Net is given them. */
  readonly boxes: readonly PlannedObject['box'][];
}

export const schedule: NoiseSchedule = noiseSchedule(schedulerConfig);

/** Steps of one seed draw from streams of their own. */
export const streamOf = (seed: number, step: number): Random => randomStream(seed, step);

export function drawRows(cache: LatentCache, count: number, rng: Random): Row[] {
  return Array.from({ length: count }, () => {
    const index = rng.int(cache.size);
    const { caption, objects } = cache.plan(index);
    const drop = rng.uniform();
    const noBoth = drop < dropping.both;
    const noCaption = noBoth || drop < dropping.both + dropping.caption;
    const noObjects = noBoth || drop > 1 - dropping.objects;
    return {
      index,
      caption: noCaption ? '' : caption,
      objects: noObjects ? [] : objects,
      boxes: objects.map(({ box }) => box),
    };
  });
}

/** Clean latents, noise, texts, boxes and the weights of cells: what both objectives read of their rows. */
export function rowTensors(
  rows: readonly Row[],
  cache: LatentCache,
  noise: NoiseTable,
  rng: Random,
): Tensors {
  const shape = [rows.length, ...cache.shape];
  const [, height, width] = cache.shape as [number, number, number];
  const size = cache.latents(0).length;
  const clean = new Float32Array(rows.length * size);
  const noises = new Float32Array(rows.length * size);
  rows.forEach(({ index }, row) => {
    clean.set(cache.latents(index), row * size);
    noise.fill(noises.subarray(row * size, (row + 1) * size), rng);
  });
  const phrases = rows.flatMap(({ objects }) =>
    Array.from({ length: SCENE_OBJECTS }, (_, slot) => objects[slot]?.phrase ?? ''),
  );
  return {
    [objectiveInputs.clean]: tensor(clean, shape),
    [objectiveInputs.noise]: tensor(noises, shape),
    [objectiveInputs.cellWeight]: cellWeights(rows, height, width),
    ...textIds(
      rows.map(({ caption }) => caption),
      phrases,
    ),
    ...boxTensors(rows),
  };
}

/** PoI's boxes and masks; its embeddings are values of the graph. */
function boxTensors(rows: readonly Row[]): Tensors {
  const nothing = new Float32Array(TEXT_WIDTH);
  const objects = rows.map((row) => row.objects.map(({ box }) => ({ box, embedding: nothing })));
  const { [poiInputs.boxes]: boxes, [poiInputs.masks]: masks } = groundingTensors(objects, TEXT_WIDTH);
  return {
    [poiInputs.boxes]: boxes!,
    [poiInputs.masks]: masks!,
    [poiInputs.strength]: tensor([1], []),
  };
}

function cellWeights(rows: readonly Row[], height: number, width: number): Tensor {
  const cells = height * width;
  const data = new Float32Array(rows.length * cells);
  rows.forEach(({ boxes }, row) => {
    data.set(objectWeights(boxes, height, width), row * cells);
  });
  return tensor(data, [rows.length, 1, height, width]);
}

/** A timestep for each row, one from each of equal strips. */
export function noisedRows(count: number, rng: Random): NoisedRow[] {
  return Array.from({ length: count }, (_, row) =>
    noisedRow(schedule, stratified(row, count, rng.uniform(), schedule.numTrainTimesteps)),
  );
}

export function levelTensors(rows: readonly NoisedRow[]): Tensors {
  return {
    [objectiveInputs.signalLevel]: column(rows.map(({ signal }) => signal)),
    [objectiveInputs.noiseLevel]: column(rows.map(({ noise }) => noise)),
    [objectiveInputs.weight]: column(rows.map(({ weight }) => weight)),
    [objectiveInputs.timestep]: tensor(
      rows.map(({ timestep }) => timestep),
      [rows.length],
    ),
  };
}

/** One number a row, ready to multiply latents: [N, 1, 1, 1]. */
export const column = (numbers: readonly number[]): Tensor => tensor(numbers, [numbers.length, 1, 1, 1]);
