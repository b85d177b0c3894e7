// Judges that are given the layout, and what they measure beyond boxes.

import type { Detection, RgbImage } from '@spatiallock/core';
import type { EvaluatedLayout } from './scene.js';

/** Named numbers of an object or of a picture; true counts as 1, false as 0. What could not be measured is left out. */
export type Measures = Readonly<Record<string, number | boolean>>;

/** What an examining judge found in one picture. */
export interface Examination {
  /** The objects that were asked for, where they are there, and those that nobody asked for. */
  readonly detections: readonly Detection[];
  /** For each object asked for, in their order. `left`, whether it faces left, is also read by `seedVariety`. */
  readonly objects: readonly Measures[];
  /** Of the whole picture. */
  readonly picture: Measures;
}

/** A judge that looks for what was asked for; a detector sees the picture alone. */
export interface Examiner {
  /** Looks for each object of the scene, and at the picture as a whole. */
  examine(image: RgbImage, scene: EvaluatedLayout): Promise<Examination>;
  /** Looks for what a scene names, wherever it stands; default: `detect`. */
  find?(image: RgbImage, scene: EvaluatedLayout): Promise<readonly Detection[]>;
}

/** The mean of a measure over the objects or pictures that have it. */
export interface MeasureFigures {
  readonly count: number;
  readonly mean: number;
}

/** Means by name, in the order in which names come up. Throws on a number that is not finite. */
export function measureFigures(all: readonly Measures[]): Record<string, MeasureFigures> {
  const values = new Map<string, number[]>();
  for (const [name, given] of all.flatMap((measures) => Object.entries(measures))) {
    const value = typeof given === 'boolean' ? Number(given) : given;
    if (!Number.isFinite(value)) throw new Error(`measures.${name}: ${String(given)} is not a finite number`);
    const own = values.get(name);
    if (own) own.push(value);
    else values.set(name, [value]);
  }
  return Object.fromEntries(
    [...values].map(([name, own]) => [name, { count: own.length, mean: sum(own) / own.length }]),
  );
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
