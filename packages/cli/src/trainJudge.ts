// The figures of `evaluate`, on a user's own pictures that were kept from training.

import type { Layout } from '@spatiallock/core';
import { loadDetector } from '@spatiallock/core/modules';
import { type Figures, figuresOf, samplePictures } from '@spatiallock/evaluation';
import { directory, modelNeeds } from '@spatiallock/node';
import type { FineTuning } from '@spatiallock/training';
import { modulesFrom } from './plugins/known.js';
import { labelling } from './plugins/settle.js';
import type { ModelRequest } from './request.js';
import type { Services } from './services.js';

/** The most pictures that are painted and judged. */
const JUDGED = 64;
const BATCH = 8;

type Scenes = FineTuning['validationScenes'];

type LabelOf = (label: string) => string | undefined;

/**
 * What the detector that the base model declares calls a label of the data set; undefined where it declares none, or where the
 * detector lacks a class of these pictures.
 */
export async function judgedLabels(
  base: string,
  { validationScenes }: FineTuning,
): Promise<LabelOf | undefined> {
  const files = directory(base);
  const { judges } = (await modelNeeds(files)).detectors;
  if (judges === undefined || validationScenes.length === 0) return undefined;
  const { definition, files: folder } = await loadDetector(judges, modulesFrom('.'), files);
  const words = await definition.vocabulary?.(folder);
  if (!words) return undefined;
  const find = labelling(words);
  const labelOf: LabelOf = (label) => (words.labels.includes(label) ? label : find(label));
  const knowsAll = validationScenes.every(({ objects }) =>
    objects.every(({ label }) => labelOf(label) !== undefined),
  );
  return knowsAll ? labelOf : undefined;
}

/** Paints the scenes with the model and judges the pictures; mean IoU, success, AP50 and AP as in `evaluate`. */
export async function judgeModel(
  scenes: Scenes,
  request: ModelRequest,
  labelOf: LabelOf,
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
      const scene = { layout: layouts[i], labels: objects.map(({ label }) => labelOf(label) ?? label) };
      return { scene, image: images[i], detections: detections[i] };
    });
    const { meanIoU, instanceSuccessRate, AP50, AP } = figuresOf(judged);
    return { meanIoU, instanceSuccessRate, AP50, AP };
  } finally {
    await close();
  }
}
