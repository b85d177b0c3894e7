// Views of a picture: which part is cut out, and which of its objects can be seen there.

import type { Box } from '@spatiallock/core';
import type { Random } from '@spatiallock/core/nn';
import type { ImageCrop } from '@spatiallock/node';
import type { PictureObject } from '../pictures.js';

export type Size = ImageCrop['size'];

/** A picture of which views are taken. */
export interface ViewedPicture {
  readonly width: number;
  readonly height: number;
  /** Back to front. */
  readonly objects: readonly PictureObject[];
}

/** Options of drawing views of pictures. */
export interface ViewOptions {
  /** Pixels of the pictures that the model paints. */
  readonly size: Size;
  /** The smallest side that an object's box may have in the view, in fractions of it. */
  readonly minBox: number;
  /** Whether half of the views are mirrored. */
  readonly flip: boolean;
}

/** A crop of a picture with the objects that it shows. */
export interface View {
  readonly crop: ImageCrop;
  /** Boxes in fractions of the view. */
  readonly objects: readonly PictureObject[];
}

/** The smallest part of the largest possible crop that is cut out, along each side. */
const LEAST_ZOOM = 0.75;
/** An object counts where at least this share of its box lies inside. */
const LEAST_VISIBLE = 0.5;
const TRIES = 8;

/** A part at random; one that shows no object is drawn again, a few times. */
export function randomView(picture: ViewedPicture, rng: Random, options: ViewOptions): View {
  for (let left = TRIES; ; left--) {
    const zoom = LEAST_ZOOM + (1 - LEAST_ZOOM) * rng.uniform();
    const view = viewAt(picture, zoom, [rng.uniform(), rng.uniform()], rng.uniform() < 0.5, options);
    if (view.objects.length > 0 || left === 1) return view;
  }
}

/** The largest part in the middle, not mirrored. */
export function middleView(picture: ViewedPicture, options: ViewOptions): View {
  return viewAt(picture, 1, [0.5, 0.5], false, options);
}

/** Zooms that are tried: small objects need the closest view, large ones of wide pictures the widest. */
const ZOOMS = [LEAST_ZOOM, 0.8, 0.85, 0.9, 0.95, 1] as const;

/** Whether any view of a picture shows an object. */
export function canBeSeen(
  { width, height }: Pick<ViewedPicture, 'width' | 'height'>,
  object: PictureObject,
  options: ViewOptions,
): boolean {
  const [x0, y0, x1, y1] = object.box;
  const picture = { width, height, objects: [object] };
  return ZOOMS.some((zoom) => {
    const [w, h] = sidesAt(picture, zoom, options.size);
    const place = [placeOf((x0 + x1) / 2, w, width), placeOf((y0 + y1) / 2, h, height)] as const;
    return viewAt(picture, zoom, place, false, options).objects.length > 0;
  });
}

/** Where along a side a part has its middle at `centre`, as far as it may. */
const placeOf = (centre: number, part: number, side: number): number =>
  part === side ? 0 : Math.min(1, Math.max(0, (centre * side - part / 2) / (side - part)));

/** Pixels of the part that is cut out. */
function sidesAt(
  { width, height }: Pick<ViewedPicture, 'width' | 'height'>,
  zoom: number,
  size: Size,
): readonly [width: number, height: number] {
  const scale = Math.min(width / size.width, height / size.height) * zoom;
  const side = (target: number, most: number) => Math.min(most, Math.max(1, Math.round(target * scale)));
  return [side(size.width, width), side(size.height, height)];
}

function viewAt(
  { width, height, objects }: ViewedPicture,
  zoom: number,
  place: readonly [number, number],
  mirrored: boolean,
  { size, minBox, flip: mayFlip }: ViewOptions,
): View {
  const [w, h] = sidesAt({ width, height }, zoom, size);
  const [left, top] = [Math.round(place[0] * (width - w)), Math.round(place[1] * (height - h))];
  const flip = mayFlip && mirrored;
  const seen = objects.flatMap((object): PictureObject[] => {
    const [x0, y0, x1, y1] = object.box;
    const inView: Box = [
      (x0 * width - left) / w,
      (y0 * height - top) / h,
      (x1 * width - left) / w,
      (y1 * height - top) / h,
    ];
    const box = clipped(inView, minBox);
    return box ? [{ ...object, box: flip ? [1 - box[2], box[1], 1 - box[0], box[3]] : box }] : [];
  });
  return { crop: { left, top, width: w, height: h, flip, size }, objects: seen };
}

/** The part of a box inside 0..1; undefined where too little of it is left. */
function clipped([x0, y0, x1, y1]: Box, minBox: number): Box | undefined {
  const within = (value: number): number => Math.min(1, Math.max(0, value));
  const box: Box = [within(x0), within(y0), within(x1), within(y1)];
  const [w, h] = [box[2] - box[0], box[3] - box[1]];
  if (w < minBox || h < minBox || w <= 0 || h <= 0) return undefined;
  return w * h >= LEAST_VISIBLE * (x1 - x0) * (y1 - y0) ? box : undefined;
}
