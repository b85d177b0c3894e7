import type { Detection, ImageSize, LabelledBox } from '@spatiallock/core';
import { type Box, iou } from '@spatiallock/core';
import { checkObjects } from '@spatiallock/core/checks';
import { assign } from '@spatiallock/core/geometry';
import { checkDetections } from '../checkArguments.js';
import { pixelBox, pixelOverlap } from './pixels.js';
import { validateSize } from './validate.js';

/** What was found for one asked object: the index of its detection, or -1, and their IoU in 0..1. */
export interface InstanceMatch {
  readonly detection: number;
  readonly iou: number;
}

/**
 * Pairs the asked objects of one image with detections of the same label, one to one.
 *
 * Among all pairings one with the greatest total IoU is taken, so that the mean IoU depends neither on the order of
 * the objects nor on that of the detections. Scores play no part: drop weak detections beforehand.
 * An object without any overlapping detection of its label has detection -1 and IoU 0. Returns one match per object.
 * `size`: pixels of the data set's picture, in which overlaps are computed; without it, in fractions.
 */
export function matchInstances(
  truth: readonly LabelledBox[],
  detections: readonly Detection[],
  size?: ImageSize,
): InstanceMatch[] {
  checkObjects(truth, 'truth', 'objects');
  checkDetections(detections, 'detections');
  if (size !== undefined) validateSize(size, 'size');
  const matches = truth.map((): InstanceMatch => ({ detection: -1, iou: 0 }));
  for (const label of new Set(truth.map((object) => object.label))) {
    const objects = indicesOf(truth, label);
    const candidates = indicesOf(detections, label);
    const overlaps = objects.map((o) =>
      candidates.map((d) => overlap(truth[o].box, detections[d].box, size)),
    );
    const columns = assign(overlaps.map((row) => row.map((value) => -value)));
    columns.forEach((column, row) => {
      const overlap = column < 0 ? 0 : overlaps[row][column];
      if (overlap > 0) matches[objects[row]] = { detection: candidates[column], iou: overlap };
    });
  }
  return matches;
}

function overlap(a: Box, b: Box, size: ImageSize | undefined): number {
  return size ? pixelOverlap(pixelBox(b, size), pixelBox(a, size), false) : iou(a, b);
}

function indicesOf(items: readonly { label: string }[], label: string): number[] {
  return items.flatMap((item, index) => (item.label === label ? [index] : []));
}
