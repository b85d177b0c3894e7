// Augmented scenes and the targets of a detector, batch by batch.

import type { LabelledBox } from '@spatiallock/core';
import { type Tensors, tensor } from '@spatiallock/core';
import { random } from '@spatiallock/core/nn';
import { type SceneBatch, type ScenePool, toTensor } from '@spatiallock/scenes';
import { augment } from './augment.js';

export interface PictureSource {
  readonly pool: ScenePool;
  /** Seed of the first scene; those of step k follow k * batch later. */
  readonly firstSeed: number;
  readonly batch: number;
  targets(objects: readonly (readonly LabelledBox[])[]): Tensors;
}

/** The pictures (`image`) and targets of a step, drawn one batch ahead; the step alone decides them. */
export function sceneBatches({
  pool,
  firstSeed,
  batch,
  targets,
}: PictureSource): (step: number) => Promise<Tensors> {
  const drawn = new Map<number, Promise<SceneBatch>>();
  const draw = (step: number): Promise<SceneBatch> => {
    const first = firstSeed + step * batch;
    const scenes = drawn.get(step) ?? pool.render(Array.from({ length: batch }, (_, k) => first + k));
    drawn.set(step, scenes);
    scenes.catch(() => undefined); // Awaited one step later; a failure meanwhile is not unhandled.
    return scenes;
  };
  return async (step) => {
    const scenes = await draw(step);
    drawn.delete(step);
    void draw(step + 1);
    const data = toTensor(scenes);
    augmentAll(data, scenes.size, step * batch);
    const objects = scenes.plans.map((plan) => plan.objects);
    return { image: tensor(data, [batch, 3, scenes.size, scenes.size]), ...targets(objects) };
  };
}

/** Changes pictures [N, 3, side, side] in place, each by its own number from `first` on. */
export function augmentAll(data: Float32Array, side: number, first: number): void {
  const size = 3 * side ** 2;
  for (let n = 0; n < data.length / size; n++) {
    augment(data.subarray(n * size, (n + 1) * size), side, random(2 ** 32 + first + n));
  }
}
