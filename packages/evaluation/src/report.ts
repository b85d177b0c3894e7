// What an evaluation found, as data.

import type { Detection, RgbImage } from '@spatiallock/core';
import type { Figures } from './figures.js';
import { type EvaluatedObject, matchObjects } from './matchObjects.js';
import type { EvaluatedLayout } from './scene.js';

/** With what the pictures were made and judged, as the JSON report begins. */
export interface EvaluationSettings {
  /** Pictures. */
  readonly count: number;
  /** Which scenes they are of. */
  readonly scenes: string;
  readonly model: string;
  /** Anything else that tells runs apart: steps, scheduler, device, options of plugins. */
  readonly [setting: string]: unknown;
}

/** A picture and what the detector saw in it. */
export interface DetectedImage {
  readonly image: RgbImage;
  readonly detections: readonly Detection[];
}

/** A picture of an evaluation. */
export interface EvaluatedPicture extends DetectedImage {
  readonly scene: EvaluatedLayout;
  /** The seed of the picture's noise. */
  readonly seed: number;
  /** A real picture of the same layout, where there is one. */
  readonly real?: DetectedImage;
}

/** What an evaluation measured. */
export interface MeasuredPictures {
  /** Compiling, sampling and decoding; neither loading nor judging. */
  readonly secondsPerPicture: number;
  readonly generated: Figures;
  /** The upper bound: the same detector on real pictures of the same layouts, where there are any. */
  readonly real?: Figures;
  readonly pictures: readonly EvaluatedPicture[];
}

/** What an evaluation measured, and with which settings. */
export interface EvaluationReport extends MeasuredPictures {
  readonly settings: EvaluationSettings;
}

/** The objects of a picture and how they were found in it. */
export function matchedObjects({
  scene,
  detections,
}: Pick<EvaluatedPicture, 'scene' | 'detections'>): EvaluatedObject[] {
  return matchObjects(scene.layout.objects, scene.labels, detections);
}

/** The text of the JSON report: settings and figures first, one short record for each picture last. */
export function reportJson({
  settings,
  secondsPerPicture,
  generated,
  real,
  pictures,
}: EvaluationReport): string {
  const records = pictures.map((picture) => ({
    seed: picture.seed,
    sceneSeed: picture.scene.seed,
    prompt: picture.scene.layout.prompt,
    background: picture.scene.background,
    objects: matchedObjects(picture).map((object, i) => ({ label: picture.scene.labels[i], ...object })),
  }));
  const report = { ...settings, secondsPerPicture, generated, real, pictures: records };
  return `${JSON.stringify(report, null, 2)}\n`;
}
