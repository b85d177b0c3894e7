// What an evaluation found, as data.

import type { LateGuidance } from '@spatiallock/core';
import { type Detection, type JudgedObject, judgeObjects, type RgbImage } from '@spatiallock/detectors';
import type { Variety } from '@spatiallock/scenes';
import type { HeldOutScene } from '../heldOut.js';
import type { Figures } from './figures.js';

export interface EvaluationSettings {
  readonly count: number;
  readonly scenes: Variety;
  readonly seed: number;
  readonly steps: number;
  readonly scheduler: string;
  readonly guidanceScale: number;
  readonly lateGuidance?: LateGuidance;
  readonly guidanceRescale?: number;
  /** PoI's strength. */
  readonly strength: number;
  /** The share of the calls in which PoI acts, where the request says so. */
  readonly poiUntil?: number;
  /** Strength of PoG's guidance; 0 is off. */
  readonly pog: number;
  readonly nullTokens: boolean;
  readonly model: string;
  readonly device: string;
  readonly batch: number;
}

/** A picture and what the detector saw in it. */
export interface JudgedImage {
  readonly image: RgbImage;
  readonly detections: readonly Detection[];
}

export interface EvaluatedPicture extends JudgedImage {
  readonly scene: HeldOutScene;
  /** The seed of the picture's noise. */
  readonly seed: number;
  /** The same layout, drawn from the art. */
  readonly real: JudgedImage;
}

export interface EvaluationReport {
  readonly settings: EvaluationSettings;
  /** Compiling, sampling and decoding; neither loading nor judging. */
  readonly secondsPerPicture: number;
  readonly generated: Figures;
  /** The upper bound: the same detector on real scenes of the same layouts. */
  readonly real: Figures;
  readonly pictures: readonly EvaluatedPicture[];
}

/** The objects of a picture and how they were found in it. */
export function judged({
  scene,
  detections,
}: Pick<EvaluatedPicture, 'scene' | 'detections'>): JudgedObject[] {
  return judgeObjects(scene.layout.objects, scene.labels, detections);
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
    objects: judged(picture).map((object, i) => ({ label: picture.scene.labels[i], ...object })),
  }));
  const report = { ...settings, secondsPerPicture, generated, real, pictures: records };
  return `${JSON.stringify(report, null, 2)}\n`;
}
