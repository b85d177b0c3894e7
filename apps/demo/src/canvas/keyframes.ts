// Boxes between keyframes.

import type { Box } from '@spatiallock/core';
import type { Drawing, DrawnObject } from '../state/drawing.js';
import { rounded } from './geometry.js';

/** The keyframes, and `between` drawings between each two of them, with boxes on straight ways. */
export function framesOf(keyframes: readonly Drawing[], between: number): readonly Drawing[] {
  return keyframes.flatMap((from, i) => {
    const to = keyframes[i + 1];
    if (!to) return [from];
    return Array.from({ length: between + 1 }, (_, k) => mixed(from, to, k / (between + 1)));
  });
}

/** What is in the first alone stands still; what is in the second alone is not there yet. */
function mixed(from: Drawing, to: Drawing, share: number): Drawing {
  if (share === 0) return from;
  const objects = from.objects.map((object) => {
    const partner = partnerOf(object, from.objects, to.objects);
    return partner ? { ...object, box: boxBetween(object.box, partner.box, share) } : object;
  });
  return { ...from, objects };
}

/**
 * The same box, or in drawings from elsewhere that of the same phrase, counted from the back among those that have no box of
 * their own in the other drawing: each box has one partner at most.
 */
function partnerOf(
  { id, phrase }: DrawnObject,
  own: readonly DrawnObject[],
  others: readonly DrawnObject[],
): DrawnObject | undefined {
  const sameIn = (objects: readonly DrawnObject[], one: string) => objects.find((other) => other.id === one);
  const same = sameIn(others, id);
  if (same) return same;
  const alike = (objects: readonly DrawnObject[], besides: readonly DrawnObject[]) =>
    objects.filter((other) => other.phrase === phrase && !sameIn(besides, other.id));
  return alike(others, own)[alike(own, others).findIndex((other) => other.id === id)];
}

function boxBetween(a: Box, b: Box, share: number): Box {
  return rounded(a.map((corner, i) => corner + (b[i]! - corner) * share) as unknown as Box);
}
