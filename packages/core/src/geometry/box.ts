import { showValue } from '../checks/index.js';

/** Corners (x0, y0, x1, y1) in fractions of the image's width and height, origin at the top left. */
export type Box = readonly [x0: number, y0: number, x1: number, y1: number];

/** Area of a box, 0 where a corner pair is inverted. */
export function boxArea(box: Box): number {
  checkCorners(box);
  return areaOf(box[0], box[1], box[2], box[3]);
}

const areaOf = (x0: number, y0: number, x1: number, y1: number): number =>
  Math.max(0, x1 - x0) * Math.max(0, y1 - y0);

/** Throws unless it is a list of four numbers; cheap, for boxes are compared in pairs of thousands. */
function checkCorners(box: Box): void {
  const fits =
    Array.isArray(box) &&
    box.length === 4 &&
    typeof box[0] === 'number' &&
    typeof box[1] === 'number' &&
    typeof box[2] === 'number' &&
    typeof box[3] === 'number';
  if (!fits) throw new Error(`box: must be a list of four numbers [x0, y0, x1, y1], not ${showValue(box)}`);
}

/** Area that two boxes share. */
export function intersectionArea(a: Box, b: Box): number {
  checkCorners(a);
  checkCorners(b);
  return areaOf(Math.max(a[0], b[0]), Math.max(a[1], b[1]), Math.min(a[2], b[2]), Math.min(a[3], b[3]));
}

/** Intersection over union, 0..1; 0 for two boxes without area. */
export function iou(a: Box, b: Box): number {
  const intersection = intersectionArea(a, b);
  const union = boxArea(a) + boxArea(b) - intersection;
  return union > 0 ? intersection / union : 0;
}

/** The smallest box around two. */
export const enclosingBox = (a: Box, b: Box): Box => [
  Math.min(a[0], b[0]),
  Math.min(a[1], b[1]),
  Math.max(a[2], b[2]),
  Math.max(a[3], b[3]),
];

/**
 * Generalised IoU, -1..1: the IoU less the share of the enclosing box that neither box covers.
 * Source: Rezatofighi et al. 2019, arXiv 1902.09630, algorithm 1.
 */
export function giou(a: Box, b: Box): number {
  const intersection = intersectionArea(a, b);
  const union = boxArea(a) + boxArea(b) - intersection;
  const hull = areaOf(...enclosingBox(a, b));
  const overlap = union > 0 ? intersection / union : 0;
  return hull > 0 ? overlap - (hull - union) / hull : overlap;
}

/** Share of `detection` that lies inside `region`, 0..1: COCO's overlap with a crowd region. */
export function containment(detection: Box, region: Box): number {
  const area = boxArea(detection);
  return area > 0 ? intersectionArea(detection, region) / area : 0;
}

/**
 * Fractions of the picture by which a box may reach beyond it: detectors that do not clip overshoot, by the box's size at most;
 * pixels and per cent lie farther out.
 */
const BEYOND = 1;

/** Whether a box reaches so far beyond the picture, 0..1, that its numbers are no fractions of it. */
export function isFarOutside(box: Box): boolean {
  checkCorners(box);
  return box.some((corner) => corner < -BEYOND || corner > 1 + BEYOND);
}
