// What an evaluation found, as data.

import type { Detection, RgbImage } from '@spatiallock/core';
import { checkObject } from '@spatiallock/core/checks';
import type { CaptionFigures } from './captions.js';
import { checkJudgedPictures } from './checkArguments.js';
import type { Figures } from './figures.js';
import type { Look } from './look.js';
import { type EvaluatedObject, matchObjects } from './matchObjects.js';
import type { EvaluatedLayout } from './scene.js';
import type { SeedVarietyFigures } from './seedVariety.js';

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
export interface DetectedImage extends Look {
  readonly image: RgbImage;
}

/** A picture of an evaluation. */
export interface EvaluatedPicture extends DetectedImage {
  readonly scene: EvaluatedLayout;
  /** The seed of the picture's noise. */
  readonly seed: number;
  /** A real picture of the same layout, where there is one. */
  readonly real?: DetectedImage;
  /** What further judges saw in the generated picture, by their names. */
  readonly others?: Readonly<Record<string, readonly Detection[]>>;
}

/** One judge's figures. */
export interface EvaluatorFigures {
  readonly generated: Figures;
  /** The same judge on real pictures of the same layouts, where there are any: how far it errs by itself. */
  readonly real?: Figures;
}

/** What an evaluation measured. */
export interface MeasuredPictures extends EvaluatorFigures {
  /** Compiling, sampling and decoding; neither loading nor judging. */
  readonly secondsPerPicture: number;
  /** The figures of further judges, by their names. */
  readonly others?: Readonly<Record<string, EvaluatorFigures>>;
  readonly pictures: readonly EvaluatedPicture[];
}

/** What an evaluation measured, and with which settings. */
export interface EvaluationReport extends MeasuredPictures {
  readonly settings: EvaluationSettings;
  /** Pictures of captions alone, where they were asked for. */
  readonly captions?: CaptionFigures;
  /** Pictures by several seeds, where they were asked for. */
  readonly variety?: SeedVarietyFigures;
}

/** The objects of a picture and how they were found in it. */
export function matchedObjects(picture: Pick<EvaluatedPicture, 'scene' | 'detections'>): EvaluatedObject[] {
  checkJudgedPictures([picture], 'picture');
  const { scene, detections } = picture;
  return matchObjects(scene.layout.objects, scene.labels, detections);
}

/** The text of the JSON report: settings and figures first, one short record for each picture last. */
export function reportJson(report: EvaluationReport): string {
  checkObject(checkObject(report, 'report').settings, 'report.settings');
  checkJudgedPictures(report.pictures, 'report.pictures');
  const { settings, secondsPerPicture, generated, real, others, captions, variety, pictures } = report;
  const records = pictures.map((picture) => ({
    seed: picture.seed,
    sceneSeed: picture.scene.seed,
    prompt: picture.scene.layout.prompt,
    background: picture.scene.background,
    objects: objectRecords(picture),
  }));
  const figures = { generated, real, others, captions, variety };
  return `${JSON.stringify({ ...settings, secondsPerPicture, ...figures, pictures: records }, null, 2)}\n`;
}

/** The objects with what the judge, and beside it each further one, saw of them. */
function objectRecords(picture: EvaluatedPicture): object[] {
  const { scene, others = {} } = picture;
  const further = Object.entries(others).map(
    ([name, detections]) => [name, matchedObjects({ scene, detections })] as const,
  );
  return matchedObjects(picture).map((object, i) => ({
    label: scene.labels[i],
    ...object,
    ...(further.length === 0
      ? {}
      : { others: Object.fromEntries(further.map(([name, seen]) => [name, seen[i]!.detector])) }),
  }));
}
