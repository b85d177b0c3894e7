// Paints held-out layouts with a row's weights and judges the pictures, by the same code as `spatiallock evaluate`.

import { createPipeline, type Plugin, type RgbImage, type Tensors } from '@spatiallock/core';
import { type Figures, figuresOf, samplePictures } from '@spatiallock/evaluation';
import { webpDataUri } from '@spatiallock/node';
import { pog, splitPerception } from '@spatiallock/pog';
import { poi } from '@spatiallock/poi';
import type { HeldOutScene } from '@spatiallock/scenes';
import type { AblationContext, Checkpoint } from './checkpoint.js';
import { frechetDistance } from './frechet.js';
import type { AblationJudge } from './judge.js';
import type { AblationRow } from './rows.js';
import { median, perceptionConfig } from './trainRow.js';

export interface EvaluatedRow {
  /** By `center`. */
  readonly figures: Omit<Figures, 'labels'>;
  /** By the judge that knows the art. */
  readonly byArt: Omit<Figures, 'labels'>;
  /** Between the judge's pooled features of these pictures and of the real scenes of the same layouts. */
  readonly frechet: number;
  /** Sampling and decoding, without compiling where there was more than one batch. */
  readonly secondsPerPicture: number;
  /** The first pictures as data URIs. */
  readonly pictures: readonly string[];
}

/** Held-out scenes and what the judge saw on their real pictures. */
export interface RealScenes {
  readonly scenes: readonly HeldOutScene[];
  readonly features: readonly Float32Array[];
}

const BATCH = 8;
export const SHOWN = 6;
const PICTURE_SEED = 1;

export async function evaluateRow(
  row: AblationRow,
  weights: Tensors,
  { scenes, features }: RealScenes,
  context: AblationContext,
  checkpoint: Checkpoint,
  judge: AblationJudge,
): Promise<EvaluatedRow> {
  const { backend, settings, signal } = context;
  const plugins = pluginsOf(row, weights, checkpoint, settings.guidanceStrength);
  const { model } = checkpoint;
  const unet = { config: model.unet.config, params: splitPerception(weights).rest };
  const pipe = createPipeline({ ...model, unet }, { backend, plugins });
  try {
    // What is painted from captions alone is asked for without objects, and judged by the boxes all the same.
    const grounded = plugins.some((plugin) => plugin.groundsObjects === true);
    const layouts = scenes.map(({ layout }) => (grounded ? layout : { ...layout, objects: [] }));
    const sampling = { seed: PICTURE_SEED, steps: settings.samplingSteps, batch: BATCH, signal };
    const sampled = await samplePictures(pipe, layouts, sampling);
    const images = sampled.map(({ image }) => image);
    const judged = await judgePictures(judge, images, scenes, signal);
    const later = sampled.length > BATCH ? sampled.slice(BATCH) : sampled;
    return {
      ...judged,
      frechet: frechetDistance(await judge.features(images), features),
      secondsPerPicture: median(later.map(({ milliseconds }) => milliseconds)) / 1000,
      pictures: await Promise.all(images.slice(0, SHOWN).map(webpDataUri)),
    };
  } finally {
    await pipe.dispose();
  }
}

/** Figures of a picture of each scene, by both judges. */
export async function judgePictures(
  judge: AblationJudge,
  images: readonly RgbImage[],
  scenes: readonly HeldOutScene[],
  signal: AbortSignal,
): Promise<Pick<EvaluatedRow, 'figures' | 'byArt'>> {
  const detections = await judge.detect(images);
  const looks = await judge.lookByArt(images, scenes, signal);
  const seen = scenes.map((scene, i) => ({ scene, image: images[i]!, detections: detections[i]! }));
  const { labels: _, ...figures } = figuresOf(seen);
  const { labels: __, ...byArt } = figuresOf(seen.map((each, i) => ({ ...each, ...looks[i]! })));
  return { figures, byArt };
}

/** The plugins that a row paints with. */
function pluginsOf(
  row: AblationRow,
  weights: Tensors,
  { supervisor }: Checkpoint,
  strength: number | undefined,
): readonly Plugin[] {
  const placing = row.poi ? [poi(row.poi)] : [];
  if (!row.guidance) return placing;
  if (row.guidance === 'feature') {
    const { perception } = splitPerception(weights);
    const guide = pog({
      guidance: { perception: { config: perceptionConfig, weights: perception }, strength },
    });
    return [...placing, guide];
  }
  const guide = pog({ guidance: { detector: supervisor.guide, strength } });
  return [...placing, guide];
}
