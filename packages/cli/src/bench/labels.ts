// What a detector and COCO-MIG's colours make of a benchmark's phrases.

import type { DetectorVocabulary } from '@spatiallock/core';
import { labelling, wordsOf } from '@spatiallock/core/pipeline';
import type { LabelledObject } from '@spatiallock/data';
import { type BenchmarkObject, isMigColour } from '@spatiallock/evaluation';
import type { BenchLayout } from './readLayouts.js';

/** The objects of a layout with the detector's labels and, where `colours`, the colour words of their phrases. */
export function labelled(
  layouts: readonly BenchLayout[],
  detector: DetectorVocabulary,
  colours: boolean,
): BenchmarkObject[][] {
  const labelOf = labelling(detector);
  return layouts.map(({ objects, names }) =>
    objects.map(({ phrase, box }, i) => {
      const colour = colours ? wordsOf(phrase).find(isMigColour) : undefined;
      return {
        phrase,
        box,
        label: labelOf(names?.[i] ?? phrase),
        ...(colour === undefined ? {} : { colour }),
      };
    }),
  );
}

/** The crowd regions that the detector has a label for; no other detection can lie in one. */
export function labelledCrowds(
  { crowds = [] }: Pick<BenchLayout, 'crowds'>,
  detector: DetectorVocabulary,
): Pick<LabelledObject, 'label' | 'box'>[] {
  const labelOf = labelling(detector);
  return crowds.flatMap(({ label: name, box }) => {
    const label = labelOf(name);
    return label === undefined ? [] : [{ label, box }];
  });
}

/** Whether the detector has a label for each of the objects. */
export const isJudgeable = (objects: readonly BenchmarkObject[]): boolean =>
  objects.every(({ label }) => label !== undefined);
