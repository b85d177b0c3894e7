// Boxes on the canvas as plain numbers: corners in fractions of the picture, 0..1.

import type { Box } from '@spatiallock/core';

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** The corner or side of a box that is dragged, by the points of the compass. */
export type Handle = 'nw' | 'n' | 'ne' | 'e' | 'se' | 's' | 'sw' | 'w';

export const handles: readonly Handle[] = ['nw', 'n', 'ne', 'e', 'se', 's', 'sw', 'w'];

/** The least side of a box: half a cell of the model's 16 x 16 grid. */
export const MIN_SIDE = 1 / 32;

const clamp = (value: number, low: number, high: number): number => Math.min(high, Math.max(low, value));
/** Layouts stay short in files and links. */
const round = (value: number): number => Math.round(value * 1e4) / 1e4;

/** The box with corners of four digits; as it is where it is so small that it would have no width or height left. */
export function rounded(box: Box): Box {
  const [x0, y0, x1, y1] = box.map(round) as unknown as Box;
  return x0 < x1 && y0 < y1 ? [x0, y0, x1, y1] : box;
}

/** The box between two points, within the picture and at least `MIN_SIDE` wide and high. */
export function boxBetween(a: Point, b: Point): Box {
  const [x0, x1] = side(a.x, b.x);
  const [y0, y1] = side(a.y, b.y);
  return rounded([x0, y0, x1, y1]);
}

function side(from: number, to: number): [number, number] {
  const [a, b] = [clamp(from, 0, 1), clamp(to, 0, 1)];
  if (Math.abs(b - a) >= MIN_SIDE) return [Math.min(a, b), Math.max(a, b)];
  const low = clamp(b < a ? a - MIN_SIDE : a, 0, 1 - MIN_SIDE);
  return [low, low + MIN_SIDE];
}

/** Whether a drag went far enough to be meant as a box; `scale` is the picture's side in pixels. */
export function isDrag(a: Point, b: Point, scale: number): boolean {
  return Math.abs(a.x - b.x) * scale >= 6 && Math.abs(a.y - b.y) * scale >= 6;
}

/** The box moved, and stopped at the picture's edges. */
export function moveBox([x0, y0, x1, y1]: Box, dx: number, dy: number): Box {
  const x = clamp(x0 + dx, 0, 1 - (x1 - x0));
  const y = clamp(y0 + dy, 0, 1 - (y1 - y0));
  return rounded([x, y, x + x1 - x0, y + y1 - y0]);
}

/** Boxes moved together, and stopped where one of them meets the picture's edge. */
export function moveBoxes(boxes: readonly Box[], dx: number, dy: number): readonly Box[] {
  const along = (by: number, low: 0 | 1, high: 2 | 3): number =>
    clamp(by, -Math.min(...boxes.map((box) => box[low])), 1 - Math.max(...boxes.map((box) => box[high])));
  const [x, y] = [along(dx, 0, 2), along(dy, 1, 3)];
  return boxes.map((box) => moveBox(box, x, y));
}

/** The box that holds all of them. */
export const boxAround = (boxes: readonly Box[]): Box => [
  Math.min(...boxes.map(([x0]) => x0)),
  Math.min(...boxes.map(([, y0]) => y0)),
  Math.max(...boxes.map(([, , x1]) => x1)),
  Math.max(...boxes.map(([, , , y1]) => y1)),
];

export const holds = ([x0, y0, x1, y1]: Box, { x, y }: Point): boolean =>
  x0 <= x && x <= x1 && y0 <= y && y <= y1;

/** The box with one handle moved; sides stay in the picture and do not cross, also of a box that is smaller than `MIN_SIDE`. */
export function resizeBox([x0, y0, x1, y1]: Box, handle: Handle, dx: number, dy: number): Box {
  return rounded([
    handle.includes('w') ? clamp(x0 + dx, 0, Math.max(0, x1 - MIN_SIDE)) : x0,
    handle.includes('n') ? clamp(y0 + dy, 0, Math.max(0, y1 - MIN_SIDE)) : y0,
    handle.includes('e') ? clamp(x1 + dx, x0 + MIN_SIDE, 1) : x1,
    handle.includes('s') ? clamp(y1 + dy, y0 + MIN_SIDE, 1) : y1,
  ]);
}

/** A place for a copy: beside the box where there is room, else a little off. */
export function placeForCopy(box: Box): Box {
  const [x0, , x1] = box;
  const width = x1 - x0;
  if (x1 + width <= 1) return moveBox(box, width, 0);
  if (x0 - width >= 0) return moveBox(box, -width, 0);
  const off = (low: number, high: number) => (high + 0.05 <= 1 ? 0.05 : low >= 0.05 ? -0.05 : 0);
  return moveBox(box, off(x0, x1), off(box[1], box[3]));
}

/** Where a box goes that was asked for without a place: the first free of a few, else the middle. */
export function placeForNew(taken: readonly Box[]): Box {
  const side = 0.36;
  const spots = [0.08, 0.56].flatMap((y) => [0.08, 0.56].map((x): Box => [x, y, x + side, y + side]));
  const free = spots.find((spot) => taken.every((box) => !overlaps(spot, box)));
  return rounded(free ?? [0.32, 0.32, 0.68, 0.68]);
}

export function overlaps(a: Box, b: Box): boolean {
  return a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3];
}

/** "left 5 %, top 10 %, 35 % wide, 40 % high", for those who hear the page. */
export function describeBox([x0, y0, x1, y1]: Box): string {
  const percent = (value: number): string => `${Math.round(value * 100)} %`;
  return `left ${percent(x0)}, top ${percent(y0)}, ${percent(x1 - x0)} wide, ${percent(y1 - y0)} high`;
}
