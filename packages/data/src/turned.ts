// Boxes of annotations that were made on a picture as it is stored, while EXIF turns it by a quarter.

import type { Box } from '@spatiallock/core';

type Turn = (x: number, y: number) => readonly [x: number, y: number];

/** Where a point of the stored picture lies in the upright one, both in 0..1, by EXIF's orientation. */
const turns: Readonly<Record<number, Turn>> = {
  5: (x, y) => [y, x],
  6: (x, y) => [1 - y, x],
  7: (x, y) => [1 - y, 1 - x],
  8: (x, y) => [y, 1 - x],
};

/** Whether width and height of the stored picture are those of the upright one in turn. */
export const isTurned = (orientation: number): boolean => Object.hasOwn(turns, orientation);

/** The box in the upright picture. */
export function turnedBox([x0, y0, x1, y1]: Box, orientation: number): Box {
  const turn = turns[orientation]!;
  const [[ax, ay], [bx, by]] = [turn(x0, y0), turn(x1, y1)];
  return [Math.min(ax, bx), Math.min(ay, by), Math.max(ax, bx), Math.max(ay, by)];
}
