// The figures of `evaluate`, on a user's own pictures that were kept from training.

import type { FileSource, Layout } from '@spatiallock/core';
import { loadDetector } from '@spatiallock/core/modules';
import { classLabelling } from '@spatiallock/core/pipeline';
import { type Figures, figuresOf, samplePictures } from '@spatiallock/evaluation';
import { modelNeeds } from '@spatiallock/node';
import type { FineTuning } from '@spatiallock/training';
import { InputError } from './errors.js';
import { modulesFrom } from './plugins/known.js';
import type { ModelRequest } from './request.js';
import type { DetectorRequest, Services } from './services.js';

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
  files: FileSource,
  { validationScenes }: Pick<FineTuning, 'validationScenes'>,
): Promise<LabelOf | undefined> {
  const { judges } = (await modelNeeds(files)).detectors;
  if (judges === undefined || validationScenes.length === 0) return undefined;
  const { definition, files: folder } = await loadDetector(judges, modulesFrom('.'), files);
  const words = await definition.vocabulary?.(folder);
  if (!words) return undefined;
  const labelOf = classLabelling(words);
  const knowsAll = validationScenes.every(({ objects }) =>
    objects.every(({ label }) => labelOf(label) !== undefined),
  );
  return knowsAll ? labelOf : undefined;
}

/**
 * As `judgedLabels`, for a detector that --detector names. Rejects with an InputError that lists the classes of these pictures
 * that it lacks, before anything is trained.
 */
export async function namedLabels(
  detector: DetectorRequest,
  { validationScenes }: FineTuning,
  services: Services,
  request: ModelRequest,
): Promise<LabelOf> {
  if (validationScenes.length === 0) {
    throw new InputError('--detector: there is no picture to judge; give --validation above 0');
  }
  const open = await services.openDetector(detector, request);
  try {
    const labelOf = classLabelling(open);
    const labels = new Set(validationScenes.flatMap(({ objects }) => objects.map(({ label }) => label)));
    const table = new Map(Array.from(labels, (label) => [label, labelOf(label)]));
    const unknown = [...table].flatMap(([label, found]) => (found === undefined ? [label] : []));
    if (unknown.length === 0) return (label) => table.get(label);
    throw new InputError(
      `--detector: ${detector.name} knows nothing of ${unknown.join(', ')}; its labels are ${open.labels.slice(0, 8).join(', ')} ...`,
    );
  } finally {
    await open.dispose?.();
  }
}

/** Paints the scenes with the model and judges the pictures; mean IoU, success, AP50 and AP as in `evaluate`. */
export async function judgeModel(
  scenes: Scenes,
  request: ModelRequest,
  { labelOf, detector }: { readonly labelOf: LabelOf; readonly detector?: DetectorRequest },
  services: Services,
  signal: AbortSignal,
): Promise<Pick<Figures, 'meanIoU' | 'instanceSuccessRate' | 'AP50' | 'AP'> | undefined> {
  const { pipe, evaluator, close } = await services.open(request, {
    needsDetector: true,
    ...(detector ? { evaluator: detector } : {}),
    signal,
  });
  try {
    if (!evaluator) return undefined;
    const some = scenes.slice(0, JUDGED);
    const layouts = some.map(({ caption, objects }): Layout => {
      return { prompt: caption, objects: objects.map(({ phrase, box }) => ({ phrase, box })) };
    });
    const pictures = await samplePictures(pipe, layouts, { seed: 1, batch: BATCH, signal });
    const images = pictures.map(({ image }) => image);
    const detections = await evaluator.detectMany(images);
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
