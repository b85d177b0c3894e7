// Objects that nobody asked for.

import { type Detection, iou, type LabelledBox } from '@spatiallock/core';
import { checkObjects } from '@spatiallock/core/checks';
import { checkDetections } from './checkArguments.js';
import { MIN_SCORE } from './metrics/evaluate.js';
import { type InstanceMatch, matchInstances } from './metrics/instances.js';

/** Objects that nobody asked for count from this score: weaker ones are often parts of those that are there. */
const UNASKED_SCORE = 0.5;
/** One that overlaps an object of the layout so much is another name for it. */
const SAME_PLACE = 0.5;

/** Detections by whether they were asked for. */
export interface AskedAndUnasked {
  /** For each object asked for its detection, one to one. */
  readonly matches: readonly InstanceMatch[];
  /** Detections from a score of 0.5 that are no object's, and overlap none by an IoU of 0.5. */
  readonly unasked: readonly Detection[];
}

/**
 * Tells the detections of what was asked for from those of what nobody asked for. Scores below 0.3 do not count; the
 * indices of `matches` are those of `detections` all the same.
 */
export function matchAsked(asked: readonly LabelledBox[], detections: readonly Detection[]): AskedAndUnasked {
  checkObjects(asked, 'asked', 'objects');
  checkDetections(detections, 'detections');
  const places = [...detections.keys()].filter((i) => detections[i]!.score >= MIN_SCORE);
  const found = matchInstances(
    asked,
    places.map((i) => detections[i]!),
  );
  const matches = found.map(({ detection, iou }) => ({ detection: places[detection] ?? -1, iou }));
  const taken = new Set(matches.map(({ detection }) => detection));
  const unasked = detections.filter(
    ({ score, box }, i) =>
      score >= UNASKED_SCORE && !taken.has(i) && asked.every((each) => iou(each.box, box) < SAME_PLACE),
  );
  return { matches, unasked };
}
