// What a detector and COCO-MIG's colours make of a benchmark's phrases.

import type { Detector } from '@spatiallock/core';
import { labelNames, phraseMatcher, wordsOf } from '@spatiallock/core/pipeline';
import type { BenchmarkLayout } from '@spatiallock/data/benchmarks';
import { type BenchmarkObject, isMigColour } from '@spatiallock/evaluation';

/** A detector that may know more names of its labels than the labels themselves. */
export interface NamingDetector extends Detector {
  /** The label of what a phrase names, or undefined. */
  readonly labelOf?: (phrase: string) => string | undefined;
}

/** The objects of a layout with the detector's labels and, where `colours`, the colour words of their phrases. */
export function labelled(
  layouts: readonly BenchmarkLayout[],
  detector: NamingDetector,
  colours: boolean,
): BenchmarkObject[][] {
  const plain = phraseMatcher(labelNames(detector.labels));
  const labelOf = detector.labelOf ?? ((phrase: string) => plain(phrase)?.label);
  return layouts.map(({ objects }) =>
    objects.map(({ phrase, box }) => {
      const colour = colours ? wordsOf(phrase).find(isMigColour) : undefined;
      return { phrase, box, label: labelOf(phrase), ...(colour === undefined ? {} : { colour }) };
    }),
  );
}

/** Whether the detector has a label for each object. */
export const isJudgeable = (objects: readonly BenchmarkObject[]): boolean =>
  objects.every(({ label }) => label !== undefined);
