// The judges of the ablation: the `center` detector, with its features pooled to one vector a picture, and the one that
// knows the art.

import {
  type Backend,
  type Detection,
  input,
  mean,
  parameterStore,
  type RgbImage,
  tensor,
} from '@spatiallock/core';
import { centerDetector, centerFeatures } from '@spatiallock/detectors';
import { type Look, lookAt } from '@spatiallock/evaluation';
import { nodeModules, standardDetectors } from '@spatiallock/node';
import type { HeldOutScene } from '@spatiallock/scenes';
import { open as openArtJudge } from '@spatiallock/scenes/judge';
import { planesOf } from '@spatiallock/training';
import sharp from 'sharp';

const BATCH = 16;

export interface AblationJudge {
  detect(images: readonly RgbImage[]): Promise<Detection[][]>;
  /** What the judge that knows the art sees in a picture of each scene. */
  lookByArt(
    images: readonly RgbImage[],
    scenes: readonly HeldOutScene[],
    signal: AbortSignal,
  ): Promise<Look[]>;
  /** The mean over cells of the deepest map of the way down: 144 numbers a picture. */
  features(images: readonly RgbImage[]): Promise<Float32Array[]>;
  dispose(): Promise<void>;
}

export async function openJudge(backend: Backend): Promise<AblationJudge> {
  const files = await nodeModules().files!(standardDetectors.judges.folder!);
  const detector = await centerDetector({ backend, files, batch: BATCH });
  const art = await openArtJudge();
  const byArt = {
    detectMany: (some: readonly RgbImage[]) => Promise.all(some.map(art.detect)),
    examine: art.examine,
  };
  const { config, weights } = detector;
  const side = config.image_size;
  const { scope, params } = parameterStore();
  const image = input('image', [BATCH, 3, side, side]);
  const pooled = mean(centerFeatures(scope, config, image).at(-1)!, [2, 3]);
  const own = Object.fromEntries(Object.keys(params).map((name) => [name, weights[name]!]));
  const network = await backend.compile({ inputs: { image }, params, outputs: { pooled } }, own);
  const width = pooled.shape[1]!;
  return {
    detect: (images) => detector.detectMany(images),
    lookByArt: (images, scenes, signal) => lookAt(byArt, images, scenes, signal),
    async features(images) {
      const vectors: Float32Array[] = [];
      for (let from = 0; from < images.length; from += BATCH) {
        const some = images.slice(from, from + BATCH);
        const data = new Float32Array(BATCH * 3 * side * side);
        for (const [n, each] of some.entries()) {
          data.set(planesOf(await resized(each, side)), n * 3 * side * side);
        }
        const outputs = await network.run({ image: tensor(data, image.shape) });
        const all = outputs.pooled!.data as Float32Array;
        vectors.push(...some.map((_, n) => all.slice(n * width, (n + 1) * width)));
      }
      return vectors;
    },
    async dispose() {
      await network.dispose();
      await detector.dispose();
    },
  };
}

async function resized(image: RgbImage, side: number): Promise<RgbImage> {
  const { width, height, channels, data } = image;
  if (width === side && height === side) return image;
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  const raw = { raw: { width, height, channels } };
  const out = await sharp(bytes, raw).resize(side, side, { fit: 'fill' }).raw().toBuffer();
  return { width: side, height: side, channels: 3, data: new Uint8ClampedArray(out) };
}
