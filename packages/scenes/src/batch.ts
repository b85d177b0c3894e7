import { checkList, checkObject, checkVector, checkWhole } from '@spatiallock/core/checks';
import type { Art } from './art.js';
import { createCanvas } from './canvas.js';
import { checkArt } from './checkArt.js';
import { type PlanOptions, planScene, type ScenePlan } from './plan.js';
import { checkSize, paintScene, type RenderOptions, SCENE_SIZE, SIZES, writeBytes } from './scene.js';

/** How scenes are drawn up and rendered. */
export type SceneOptions = PlanOptions & RenderOptions;

/** N scenes, ready to train on. */
export interface SceneBatch {
  /** RGB, [N, size, size, 3] */
  readonly images: Uint8Array;
  readonly plans: readonly ScenePlan[];
  readonly size: number;
}

/** Plans and draws the scenes of the given seeds on this thread. */
export function renderBatch(art: Art, seeds: readonly number[], options: SceneOptions = {}): SceneBatch {
  checkList(seeds, 'seeds', 'seeds');
  checkArt(art);
  checkObject(options, 'options');
  const { size = SCENE_SIZE } = options;
  checkSize(size);
  const length = 3 * size * size;
  const images = new Uint8Array(seeds.length * length);
  const canvas = createCanvas(size, size);
  const plans = seeds.map((seed, n) => {
    const plan = planScene(seed, options);
    paintScene(art, plan, canvas);
    writeBytes(canvas, images, n * length);
    return plan;
  });
  return { images, plans, size };
}

/**
 * Turns bytes [N, size, size, 3] into floats [N, 3, size, size] in -1..1, the form that autoencoders read.
 * Writes into `out` when it is given.
 */
export function toTensor(batch: Pick<SceneBatch, 'images' | 'size'>, given?: Float32Array): Float32Array {
  checkVector(checkObject(batch, 'batch').images, 'batch.images');
  checkWhole(batch.size, SIZES, 'batch.size');
  const { images, size } = batch;
  const out = given ?? new Float32Array(images.length);
  checkVector(out, 'out');
  const plane = size * size;
  if (images.length % (3 * plane) !== 0) {
    throw new Error(
      `batch.images: holds ${images.length} bytes, which are no RGB pictures of ${size} x ${size}`,
    );
  }
  if (out.length !== images.length)
    throw new Error(`out: holds ${out.length} numbers, needs ${images.length}`);
  for (let start = 0; start < images.length; start += 3 * plane) {
    for (let i = 0; i < plane; i++) {
      const from = start + 3 * i;
      out[start + i] = images[from] / 127.5 - 1;
      out[start + plane + i] = images[from + 1] / 127.5 - 1;
      out[start + 2 * plane + i] = images[from + 2] / 127.5 - 1;
    }
  }
  return out;
}
