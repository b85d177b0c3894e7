// Annotations that were made on a picture as it is stored, while EXIF turns it by a quarter.

import type { Box, ImageSize } from '@spatiallock/core';
import { checkList, checkObject, checkWhole } from '@spatiallock/core/checks';
import { parseBox } from '@spatiallock/core/pipeline';

type Turn = (x: number, y: number) => readonly [x: number, y: number];

/** Where a point of the stored picture lies in the upright one, both in 0..1, by EXIF's orientation. */
const turns: Readonly<Record<number, Turn>> = {
  5: (x, y) => [y, x],
  6: (x, y) => [1 - y, x],
  7: (x, y) => [1 - y, 1 - x],
  8: (x, y) => [y, 1 - x],
};

/** The box in the upright picture, by an orientation that turns it. */
function turnedBox([x0, y0, x1, y1]: Box, orientation: number): Box {
  const turn = turns[orientation]!;
  const [[ax, ay], [bx, by]] = [turn(x0, y0), turn(x1, y1)];
  return [Math.min(ax, bx), Math.min(ay, by), Math.max(ax, bx), Math.max(ay, by)];
}

/** What annotations say of a picture: its pixels, and boxes in 0..1 of it. */
export interface AnnotatedPicture extends ImageSize {
  readonly objects: readonly { readonly box: Box }[];
  readonly crowds?: readonly { readonly box: Box }[];
}

/** What the head of a picture's file says, as `pictureHead` of `@spatiallock/node` gives it. */
export interface StoredPicture {
  /** Pixels of the picture once it is upright. */
  readonly upright: ImageSize;
  /** EXIF's: 1 upright, 2 to 8 mirrored or turned. */
  readonly orientation: number;
}

/** Annotations of the upright picture, or why there are none. `turned` tells of boxes that were turned with it. */
export type UprightAnnotations<Picture> =
  | { readonly picture: Picture; readonly turned?: string }
  | { readonly picture?: undefined; readonly misfit: string };

const PIXELS = { min: 1, max: 1e6 };
const ORIENTATIONS = { min: 0, max: 0xffff };

/**
 * The annotations for the picture as it is shown: those of its stored width and height, which EXIF exchanges, are turned with
 * it. Sizes that differ in any other way are a misfit.
 *
 * @example
 * ```ts
 * import { uprightAnnotations } from '@spatiallock/data';
 *
 * const picture = { width: 60, height: 40, objects: [{ label: 'dog', box: [0, 0, 0.5, 0.2] as const }] };
 * const { picture: upright } = uprightAnnotations(picture, { upright: { width: 40, height: 60 }, orientation: 6 });
 * console.log(upright?.objects); // [{ label: 'dog', box: [0.8, 0, 1, 0.5] }]
 * ```
 */
export function uprightAnnotations<Picture extends AnnotatedPicture>(
  picture: Picture,
  stored: StoredPicture,
): UprightAnnotations<Picture> {
  checkArguments(picture, stored);
  const { orientation } = stored;
  const { width, height } = stored.upright;
  if (width === picture.width && height === picture.height) return { picture };
  const [annotated, is] = [`${picture.width} x ${picture.height}`, `${width} x ${height}`];
  const isTurned = width === picture.height && height === picture.width && Object.hasOwn(turns, orientation);
  if (!isTurned) {
    return { misfit: `the annotations say ${annotated} pixels, the file has ${is}; boxes would not fit` };
  }
  const turn = <T extends { readonly box: Box }>(each: T): T => ({
    ...each,
    box: turnedBox(each.box, orientation),
  });
  const { objects, crowds } = picture;
  return {
    picture: {
      ...{ ...picture, width, height, objects: objects.map(turn) },
      ...(crowds === undefined ? {} : { crowds: crowds.map(turn) }),
    },
    turned: `the annotations are of ${annotated} pixels, EXIF turns the picture to ${is}; boxes are turned with it`,
  };
}

function checkArguments(picture: unknown, stored: unknown): void {
  const { objects, crowds = [], ...annotated } = checkObject(picture, 'picture');
  checkSize(annotated, 'picture');
  checkBoxes(objects, 'picture.objects');
  checkBoxes(crowds, 'picture.crowds');
  const { upright, orientation } = checkObject(stored, 'stored');
  checkSize(checkObject(upright, 'stored.upright'), 'stored.upright');
  checkWhole(orientation, ORIENTATIONS, 'stored.orientation');
}

function checkSize({ width, height }: Readonly<Record<string, unknown>>, path: string): void {
  checkWhole(width, PIXELS, `${path}.width`);
  checkWhole(height, PIXELS, `${path}.height`);
}

function checkBoxes(given: unknown, path: string): void {
  checkList(given, path, 'objects').forEach((each, i) => {
    parseBox(checkObject(each, `${path}[${i}]`).box, `${path}[${i}].box`);
  });
}
