// Pictures of a folder beside the annotations of their layouts: both have to show the same.

import type { ImageSize } from '@spatiallock/core';
import { type StoredPicture, uprightAnnotations } from '@spatiallock/data';
import { mapLimited, pictureHead } from '@spatiallock/node';
import { reading, refuseFaults } from '../errors.js';
import type { LayoutPicture } from './pictures.js';

/** Files that are looked at together. */
const AT_ONCE = 8;

/** How far the shape of a picture may be from that of its annotations, as a share: models paint multiples of 8 pixels. */
const SLACK = 0.03;

/** Pictures with the boxes that fit them. */
export interface FittedPictures {
  readonly pictures: readonly LayoutPicture[];
  /** What was changed, a line each. */
  readonly notes: readonly string[];
}

/**
 * The pictures with the boxes of their layouts, turned where EXIF turns a picture whose stored width and height are annotated.
 * A layout without a size fits any picture. Others fit pictures of their shape, and those that a model painted in a size of its own,
 * which all of the folder have. Rejects with an InputError that lists all that fit none.
 */
export async function fittedPictures(given: readonly LayoutPicture[]): Promise<FittedPictures> {
  const heads = await mapLimited(given, AT_ONCE, async ({ layout: { size }, path }) =>
    size === undefined ? undefined : reading(() => pictureHead(path), '--images: '),
  );
  const sizes = new Set(heads.map((head) => head && sizeText(head.upright)));
  const [faults, notes]: [string[], string[]] = [[], []];
  const pictures = given.map((picture, i): LayoutPicture => {
    const { layout, path } = picture;
    const [{ id, size, objects, crowds }, head] = [layout, heads[i]];
    if (size === undefined || head === undefined) return picture;
    const found = uprightAnnotations({ ...size, objects, ...(crowds ? { crowds } : {}) }, head);
    if (found.picture === undefined) {
      if (!isScaled(size, head) && !(sizes.size === 1 && isPainted(size, head))) {
        faults.push(`--images: ${id}: ${found.misfit}`);
      }
      return picture;
    }
    if (found.turned === undefined) return picture;
    notes.push(`${id}: ${found.turned}`);
    const { width, height, ...upright } = found.picture;
    return { layout: { ...layout, ...upright, size: { width, height } }, path };
  });
  const advice = 'give pictures of the sizes in the annotations, or of one size as a model paints them';
  refuseFaults('--images: ', faults, advice);
  return { pictures, notes };
}

const sizeText = ({ width, height }: ImageSize): string => `${width} x ${height}`;

/** Whether two sizes have one shape. */
const isAlike = (a: ImageSize, b: ImageSize): boolean =>
  Math.abs((a.width * b.height) / (a.height * b.width) - 1) <= SLACK;

const isScaled = (annotated: ImageSize, { upright }: StoredPicture): boolean => isAlike(annotated, upright);

/** Whether a model may have painted it: no camera turned it, and it does not lie on its side. */
const isPainted = (annotated: ImageSize, { upright, orientation }: StoredPicture): boolean =>
  orientation <= 1 && !isAlike(annotated, { width: upright.height, height: upright.width });
