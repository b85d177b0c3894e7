/** Corners (x0, y0, x1, y1) in fractions of the image's width and height, origin at the top left. */
export type Box = readonly [x0: number, y0: number, x1: number, y1: number];

/** Area of a box, 0 where a corner pair is inverted. */
export function boxArea([x0, y0, x1, y1]: Box): number {
  return Math.max(0, x1 - x0) * Math.max(0, y1 - y0);
}

/** Area that two boxes share. */
export function intersectionArea(a: Box, b: Box): number {
  return boxArea([Math.max(a[0], b[0]), Math.max(a[1], b[1]), Math.min(a[2], b[2]), Math.min(a[3], b[3])]);
}

/** Intersection over union, 0..1; 0 for two boxes without area. */
export function iou(a: Box, b: Box): number {
  const intersection = intersectionArea(a, b);
  const union = boxArea(a) + boxArea(b) - intersection;
  return union > 0 ? intersection / union : 0;
}

/**
 * Generalised IoU, -1..1: the IoU less the share of the enclosing box that neither box covers.
 * Source: Rezatofighi et al. 2019, arXiv 1902.09630, algorithm 1.
 */
export function giou(a: Box, b: Box): number {
  const intersection = intersectionArea(a, b);
  const union = boxArea(a) + boxArea(b) - intersection;
  const hull = boxArea([
    Math.min(a[0], b[0]),
    Math.min(a[1], b[1]),
    Math.max(a[2], b[2]),
    Math.max(a[3], b[3]),
  ]);
  const overlap = union > 0 ? intersection / union : 0;
  return hull > 0 ? overlap - (hull - union) / hull : overlap;
}

/** Share of `detection` that lies inside `region`, 0..1: COCO's overlap with a crowd region. */
export function containment(detection: Box, region: Box): number {
  const area = boxArea(detection);
  return area > 0 ? intersectionArea(detection, region) / area : 0;
}
