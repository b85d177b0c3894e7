// What generated pictures are labelled with.

import type { Detection } from '@spatiallock/core';
import { defaultSlots } from '@spatiallock/detectors';
import { MIN_SCORE, matchAsked } from '@spatiallock/evaluation';
import type { LabelledPicture } from './pictures.js';

/**
 * `asked`: the boxes that the pictures were asked for. `verified`: the same, of those pictures alone in which a detector finds every
 * object, as `spatiallock dataset --verify` keeps them by itself. `predicted`: what the detector sees, whatever was asked for:
 * the best of it, as many objects as a step of training has room for.
 */
export const labelKinds = ['asked', 'verified', 'predicted'] as const;
export type LabelKind = (typeof labelKinds)[number];

/** The overlap from which `dataset --verify` takes an object for found. */
const LEAST_IOU = 0.5;

/** Pictures that were asked for, as a kind of labels has them; `seen`: what the detector saw in each. */
export function labelledAs(
  kind: LabelKind,
  asked: readonly LabelledPicture[],
  seen: readonly (readonly Detection[])[],
): LabelledPicture[] {
  if (kind === 'asked') return [...asked];
  if (kind === 'verified') return asked.filter(({ objects }, k) => isThere(objects, seen[k]!));
  return asked.map(({ image }, k) => ({ image, objects: predicted(seen[k]!) }));
}

function predicted(detections: readonly Detection[]): LabelledPicture['objects'] {
  const sure = detections.filter(({ score }) => score >= MIN_SCORE).toSorted((a, b) => b.score - a.score);
  return sure.slice(0, defaultSlots.objects).map(({ label, box }) => ({ label, box }));
}

const isThere = (objects: LabelledPicture['objects'], detections: readonly Detection[]): boolean =>
  matchAsked(objects, detections).matches.every(({ iou }) => iou >= LEAST_IOU);
