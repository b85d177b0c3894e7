import { type PixelDetection, type PixelObject, pixelOverlap } from './pixels.js';

/** COCO's ten IoU thresholds, 0.50 to 0.95, as numpy's linspace gives them to pycocotools. */
export const IOU_THRESHOLDS: readonly number[] = Array.from({ length: 10 }, (_, i) =>
  i === 9 ? 0.95 : i * ((0.95 - 0.5) / 9) + 0.5,
);

/** Object areas in pixels, both ends included. */
export type AreaRange = readonly [min: number, max: number];

/** Bounds COCO's size ranges: small up to 32^2 pixels, medium to 96^2, large beyond. */
export const AREA_RANGES = {
  all: [0, Infinity],
  small: [0, 32 ** 2],
  medium: [32 ** 2, 96 ** 2],
  large: [96 ** 2, Infinity],
} as const satisfies Record<string, AreaRange>;

/** What became of one detection at each IoU threshold: 1 a hit, -1 a false alarm, 0 not counted. */
export interface MatchedDetection {
  readonly score: number;
  /** Place by score among its image's detections of the label, from 0. */
  readonly rank: number;
  readonly outcomes: readonly number[];
}

/** One label in one image after matching. `positives` counts the objects of the ground truth. */
export interface MatchedImage {
  readonly positives: number;
  readonly detections: readonly MatchedDetection[];
}

/**
 * Matches one label's detections with its objects in one image, as COCO does.
 *
 * Strongest first, each detection takes the free object of greatest IoU at or above the threshold (of equal ones the
 * last). Crowd regions and objects outside `range` are taken only where no counted object fits, and then neither help
 * nor harm; a crowd may be taken many times, and the overlap with it is measured against the detection's own area.
 * An unmatched detection whose own area lies outside `range` is not counted either.
 * Source: evaluateImg of pycocotools 2.0 (cocoeval.py).
 */
export function matchImage(
  truth: readonly PixelObject[],
  detections: readonly PixelDetection[],
  range: AreaRange,
  maxDetections: number,
): MatchedImage {
  const outside = (area: number) => area < range[0] || area > range[1];
  const objects = truth
    .map((object) => ({ object, ignored: object.crowd || outside(object.area) }))
    .sort((a, b) => Number(a.ignored) - Number(b.ignored));
  const ranked = [...detections].sort((a, b) => b.score - a.score).slice(0, maxDetections);
  const overlaps = ranked.map(({ box }) =>
    objects.map(({ object }) => pixelOverlap(box, object.box, object.crowd)),
  );
  const outcomes = IOU_THRESHOLDS.map((threshold) => {
    const taken = new Set<number>();
    return ranked.map((detection, d) => {
      const match = bestObject(objects, overlaps[d], threshold, taken);
      if (match < 0) return outside(detection.area) ? 0 : -1;
      taken.add(match);
      return objects[match].ignored ? 0 : 1;
    });
  });
  return {
    positives: objects.filter(({ ignored }) => !ignored).length,
    detections: ranked.map(({ score }, rank) => ({
      score,
      rank,
      outcomes: outcomes.map((row) => row[rank]),
    })),
  };
}

/** Index of the object that a detection takes, or -1. Counted objects stand before ignored ones. */
function bestObject(
  objects: readonly { readonly object: PixelObject; readonly ignored: boolean }[],
  overlaps: readonly number[],
  threshold: number,
  taken: ReadonlySet<number>,
): number {
  let best = -1;
  let bestOverlap = Math.min(threshold, 1 - 1e-10);
  for (let o = 0; o < objects.length; o++) {
    if (taken.has(o) && !objects[o].object.crowd) continue;
    if (best >= 0 && objects[o].ignored && !objects[best].ignored) break;
    if (overlaps[o] < bestOverlap) continue;
    best = o;
    bestOverlap = overlaps[o];
  }
  return best;
}
