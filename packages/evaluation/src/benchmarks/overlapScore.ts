// OverLayBench: objects, and what two of them share.

import { checkList, checkNumber, checkVector, checkWhole } from '@spatiallock/core/checks';
import { checkBenchmarkPictures } from '../checkArguments.js';
import { cornersIou, inPixels, type PixelCorners, truncated } from './pixelBoxes.js';
import type { BenchmarkPicture } from './types.js';

/** A picture of OverLayBench with what was detected in it. */
export interface OverlapPicture extends BenchmarkPicture {
  /** Pairs of objects, by index, whose common area is judged; default all pairs whose boxes overlap. */
  readonly overlaps?: readonly (readonly [number, number])[];
}

/** OverLayBench's mean IoU of objects and of their common areas, 0..1. */
export interface OverlapScore {
  /** Mean over the pictures of the mean IoU of their objects. */
  readonly meanIoU: number;
  /** Mean over the pictures with overlaps of the mean IoU of common areas; undefined without such a picture. */
  readonly overlapMeanIoU: number | undefined;
}

const NOWHERE: PixelCorners = [0, 0, 0, 0];

/**
 * OverLayBench's mIoU and O-mIoU. Source: overlaybenchpytools/utils.py of github.com/mlpc-ucsd/OverLayBench (arXiv
 * 2509.19282), rule by rule: boxes in whole pixels of `side` (1024), fractions cut off; objects and detections of one class,
 * of whatever score, are paired greedily by falling IoU, one to one, pairs without overlap included; what stays alone has the box 0, 0, 0, 0;
 * the common area of two objects is compared with that of the boxes they are paired with. Returns undefined for no picture.
 *
 * The order of equal IoUs is that of the objects and then of the detections, as Python's stable sort leaves it.
 */
export function overlapScore(pictures: readonly OverlapPicture[], side = 1024): OverlapScore | undefined {
  checkNumber(side, { min: 1, max: 1e6 }, 'side');
  checkBenchmarkPictures(pictures);
  pictures.forEach(({ objects, overlaps }, i) => {
    if (overlaps !== undefined) checkPairs(overlaps, objects.length, `pictures[${i}].overlaps`);
  });
  if (pictures.length === 0) return undefined;
  const judged = pictures.map((picture) => judge(picture, side));
  const shared = judged.flatMap(({ overlap }) => (overlap === undefined ? [] : [overlap]));
  return {
    meanIoU: mean(judged.map(({ iou }) => iou)),
    overlapMeanIoU: shared.length === 0 ? undefined : mean(shared),
  };
}

function checkPairs(given: unknown, objects: number, path: string): void {
  checkList(given, path, 'pairs of objects').forEach((pair, i) => {
    checkVector(pair, `${path}[${i}]`, 2);
    for (const each of pair as readonly unknown[])
      checkWhole(each, { min: 0, max: objects - 1 }, `${path}[${i}]`);
  });
}

function judge(picture: OverlapPicture, side: number): { iou: number; overlap: number | undefined } {
  const pixels = (box: Parameters<typeof inPixels>[0]): PixelCorners => truncated(inPixels(box, side));
  const asked = picture.objects.map(({ box }) => pixels(box));
  const found = pairedBoxes(picture, asked, pixels);
  const pairs = picture.overlaps ?? overlappingPairs(asked);
  const shared = pairs.map(([a, b]) =>
    cornersIou(commonArea(asked[a]!, asked[b]!), commonArea(found[a]!, found[b]!)),
  );
  return {
    iou: asked.length === 0 ? 0 : mean(asked.map((box, i) => cornersIou(box, found[i]!))),
    overlap: shared.length === 0 ? undefined : mean(shared),
  };
}

/** For each object the detection it is paired with. */
function pairedBoxes(
  { objects, detections }: BenchmarkPicture,
  asked: readonly PixelCorners[],
  pixels: (box: BenchmarkPicture['detections'][number]['box']) => PixelCorners,
): PixelCorners[] {
  const seen = detections.map(({ box }) => pixels(box));
  const candidates = objects.flatMap(({ label }, object) =>
    detections.flatMap((detection, at) =>
      detection.label === label ? [{ object, at, iou: cornersIou(asked[object]!, seen[at]!) }] : [],
    ),
  );
  const found = objects.map(() => NOWHERE);
  const [served, taken] = [new Set<number>(), new Set<number>()];
  for (const { object, at } of candidates.sort((a, b) => b.iou - a.iou)) {
    if (served.has(object) || taken.has(at)) continue;
    served.add(object);
    taken.add(at);
    found[object] = seen[at]!;
  }
  return found;
}

function overlappingPairs(boxes: readonly PixelCorners[]): [number, number][] {
  return boxes.flatMap((a, i) =>
    boxes.flatMap((b, j): [number, number][] => (j > i && cornersIou(a, b) > 0 ? [[i, j]] : [])),
  );
}

const commonArea = (a: PixelCorners, b: PixelCorners): PixelCorners => [
  Math.max(a[0], b[0]),
  Math.max(a[1], b[1]),
  Math.min(a[2], b[2]),
  Math.min(a[3], b[3]),
];

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;
