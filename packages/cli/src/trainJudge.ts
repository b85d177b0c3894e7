// The figures of `evaluate`, on a user's own pictures that were kept from training.

import type { Layout } from '@spatiallock/core';
import { type Figures, figuresOf, samplePictures } from '@spatiallock/evaluation';
import { classLabels, labelOf } from '@spatiallock/scenes';
import type { FineTuning } from '@spatiallock/training';
import type { ModelRequest } from './request.js';
import type { Services } from './services.js';

/** The model that the built-in detector can judge: its own kind of pictures. */
const JUDGED_MODEL = 'spatiallock-emoji';
/** The most pictures that are painted and judged. */
const JUDGED = 64;
const BATCH = 8;

type Scenes = FineTuning['validationScenes'];

/** Whether the detector at hand knows this kind of pictures and every class in them. */
export function canJudge({ baseName, validationScenes }: FineTuning): boolean {
  if (baseName !== JUDGED_MODEL || validationScenes.length === 0) return false;
  return validationScenes.every(({ objects }) => objects.every(({ label }) => classOf(label) !== undefined));
}

const classOf = (label: string): string | undefined => (classLabels.includes(label) ? label : labelOf(label));

/** Paints the scenes with the model and judges the pictures; mean IoU, success, AP50 and AP as in `evaluate`. */
export async function judgeModel(
  scenes: Scenes,
  request: ModelRequest,
  services: Services,
  signal: AbortSignal,
): Promise<Pick<Figures, 'meanIoU' | 'instanceSuccessRate' | 'AP50' | 'AP'> | undefined> {
  const { pipe, judge, close } = await services.open(request, { judged: true, signal });
  try {
    if (!judge) return undefined;
    const some = scenes.slice(0, JUDGED);
    const layouts = some.map(({ caption, objects }): Layout => {
      return { prompt: caption, objects: objects.map(({ phrase, box }) => ({ phrase, box })) };
    });
    const pictures = await samplePictures(pipe, layouts, { seed: 1, batch: BATCH, signal });
    const images = pictures.map(({ image }) => image);
    const detections = await judge.detectMany(images);
    const judged = some.map(({ objects }, i) => {
      const scene = { layout: layouts[i], labels: objects.map(({ label }) => classOf(label) ?? label) };
      return { scene, image: images[i], detections: detections[i] };
    });
    const { meanIoU, instanceSuccessRate, AP50, AP } = figuresOf(judged);
    return { meanIoU, instanceSuccessRate, AP50, AP };
  } finally {
    await close();
  }
}
