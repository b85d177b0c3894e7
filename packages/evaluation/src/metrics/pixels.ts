// Boxes in the pixels of their data set. Overlaps of whole pixels often lie exactly on a threshold; fractions of the
// picture would round them to either side of it.

import type { Box, Detection, ImageSize, LabelledBox } from '@spatiallock/core';

/** COCO's form of a box, in pixels. */
export type PixelBox = readonly [x: number, y: number, width: number, height: number];

/** An object of the ground truth. */
export interface PixelObject {
  readonly box: PixelBox;
  /** Of its mask where that is known, in square pixels. */
  readonly area: number;
  readonly crowd: boolean;
}

export interface PixelDetection {
  readonly box: PixelBox;
  readonly area: number;
  readonly score: number;
}

/** Data sets give at most this many parts of a pixel or of a square pixel: six digits behind the point. */
const DIGITS = 1e6;
/** Going to fractions and back costs less than this, in proportion. */
const ROUNDING = 1e-12;

/** The number that a data set gave, where what is left of it after going to fractions and back is near one. */
function restored(value: number): number {
  const given = Math.round(value * DIGITS) / DIGITS;
  return Math.abs(value - given) <= ROUNDING * Math.max(1, Math.abs(value)) ? given : value;
}

/** The box that a data set of pictures of this size gave; of inverted corners one without area. */
export function pixelBox([x0, y0, x1, y1]: Box, { width, height }: ImageSize): PixelBox {
  const [left, top, right, bottom] = [x0 * width, y0 * height, x1 * width, y1 * height].map(restored) as [
    number,
    number,
    number,
    number,
  ];
  return [left, top, Math.max(0, restored(right - left)), Math.max(0, restored(bottom - top))];
}

export function pixelObject({ box, area, crowd = false }: LabelledBox, size: ImageSize): PixelObject {
  const pixels = pixelBox(box, size);
  const own = area === undefined ? areaOf(pixels) : restored(area * (size.width * size.height));
  return { box: pixels, area: own, crowd };
}

export function pixelDetection({ box, score }: Detection, size: ImageSize): PixelDetection {
  const pixels = pixelBox(box, size);
  return { box: pixels, area: areaOf(pixels), score };
}

const areaOf = ([, , width, height]: PixelBox): number => width * height;

/**
 * Overlap of a detection with an object, 0..1: the IoU, or, for a crowd, the share of the detection inside it.
 * Source: bbIou of pycocotools 2.0 (maskApi.c), in its order of operations.
 */
export function pixelOverlap(detection: PixelBox, object: PixelBox, crowd: boolean): number {
  const width = shared(detection[0], detection[2], object[0], object[2]);
  const height = shared(detection[1], detection[3], object[1], object[3]);
  if (width <= 0 || height <= 0) return 0;
  const intersection = width * height;
  const own = areaOf(detection);
  return intersection / (crowd ? own : own + areaOf(object) - intersection);
}

function shared(a: number, aLength: number, b: number, bLength: number): number {
  return Math.min(aLength + a, bLength + b) - Math.max(a, b);
}
