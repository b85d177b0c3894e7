import type { Box } from '@spatiallock/core';

/** An object with its name and box (corners in 0..1 of the picture). */
export interface LabelledObject {
  readonly label: string;
  readonly box: Box;
  /** Natural English for this object, when there is any. */
  readonly phrase?: string;
}

/** What data set formats say of one picture. */
export interface LabelledImage {
  readonly fileName: string;
  /** Pixels. */
  readonly width: number;
  readonly height: number;
  readonly caption?: string;
  readonly objects: readonly LabelledObject[];
  /** Regions of many objects that nobody counted, where a reader was asked for them. */
  readonly crowds?: readonly LabelledObject[];
}

/** A box inside of its picture, in 0..1, or why there is none. */
export type FittedBox =
  | { readonly box: Box; readonly clipped?: string }
  | { readonly box?: undefined; readonly leftOut: string };

/**
 * Fits a box of corners [x0, y0, x1, y1] into a picture of these sides, in the same unit: what lies over the edge is cut
 * off, and `clipped` tells of more than `rounding`. A box without area or outside of the picture is none.
 */
export function fittedBox(corners: Box, width: number, height: number, rounding: number): FittedBox {
  const [x0, y0, x1, y1] = corners;
  const text = `[${corners.map((corner) => Number(corner.toFixed(3))).join(', ')}]`;
  if (x1 <= x0 || y1 <= y0) {
    return { leftOut: `the box ${text} (corners) has no area; give it a width and a height above 0` };
  }
  const inside = (value: number, side: number): number => Math.min(1, Math.max(0, value / side));
  const box: Box = [inside(x0, width), inside(y0, height), inside(x1, width), inside(y1, height)];
  const leaves = `the box ${text} (corners) leaves the picture of ${width} x ${height}`;
  if (box[2] <= box[0] || box[3] <= box[1]) return { leftOut: `${leaves} wholly` };
  const over = Math.max(-x0, -y0, x1 - width, y1 - height);
  return over > rounding ? { box, clipped: `${leaves}; it is cut off at the edge` } : { box };
}

export interface ObjectList {
  readonly objects: readonly LabelledObject[];
  /** False, and nothing is added, where the same object is there already. */
  add(object: LabelledObject): boolean;
}

export function objectList(): ObjectList {
  const objects: LabelledObject[] = [];
  const known = new Set<string>();
  return {
    objects,
    add(object) {
      const key = JSON.stringify(object);
      if (known.has(key)) return false;
      known.add(key);
      objects.push(object);
      return true;
    },
  };
}

/** The box around points. */
export function boxAround(xs: readonly number[], ys: readonly number[]): Box {
  return [least(xs), least(ys), greatest(xs), greatest(ys)];
}

// Math.min takes its numbers from the stack, which a long outline overflows.
const least = (values: readonly number[]): number => values.reduce((a, b) => Math.min(a, b));
const greatest = (values: readonly number[]): number => values.reduce((a, b) => Math.max(a, b));
