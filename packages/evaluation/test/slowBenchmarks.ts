// The published rules of three benchmarks, written as loops over whole pixels, for the property tests. They share no code
// with the package.

/** [x0, y0, x1, y1] in whole pixels. */
export type Corners = readonly [number, number, number, number];

export interface SlowObject {
  readonly phrase: string;
  readonly label: string;
  readonly box: Corners;
}

export interface SlowDetection {
  readonly label: string;
  readonly score: number;
  readonly box: Corners;
}

export interface SlowPicture {
  readonly objects: readonly SlowObject[];
  readonly detections: readonly SlowDetection[];
}

/** bbIoU of cobench's evaluation: both edges count. */
function vocIou(a: Corners, b: Corners): number {
  const wide = Math.min(a[2], b[2]) - Math.max(a[0], b[0]) + 1;
  const high = Math.min(a[3], b[3]) - Math.max(a[1], b[1]) + 1;
  const shared = Math.max(wide, 0) * Math.max(high, 0);
  const first = (a[2] - a[0] + 1) * (a[3] - a[1] + 1);
  const second = (b[2] - b[0] + 1) * (b[3] - b[1] + 1);
  return shared / (first + second - shared);
}

function plainIou(a: Corners, b: Corners): number {
  const wide = Math.min(a[2], b[2]) - Math.max(a[0], b[0]);
  const high = Math.min(a[3], b[3]) - Math.max(a[1], b[1]);
  const shared = wide > 0 && high > 0 ? wide * high : 0;
  const together = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - shared;
  return together > 0 ? shared / together : 0;
}

/** One picture's area below accuracy@k. */
export function slowLayoutScore({ objects, detections }: SlowPicture): number {
  const truth: Record<string, SlowObject> = {};
  for (const object of objects) truth[object.phrase] = object;
  const predictions: Record<string, Corners> = {};
  for (const phrase in truth) {
    for (const detection of detections) {
      if (detection.label !== truth[phrase]!.label) continue;
      const kept = predictions[phrase];
      if (!kept || vocIou(detection.box, truth[phrase]!.box) > vocIou(kept, truth[phrase]!.box)) {
        predictions[phrase] = detection.box;
      }
    }
  }
  if (Object.keys(predictions).length === 0) return 0;
  let area = 0;
  let last: number | undefined;
  for (let tenth = 0; tenth <= 10; tenth++) {
    let reached = 0;
    for (const phrase in truth) {
      const found = predictions[phrase];
      const iou = found ? Math.round(vocIou(found, truth[phrase]!.box) * 1e6) / 1e6 : 0;
      if (iou >= Number((tenth / 10).toFixed(1))) reached++;
    }
    const accuracy = reached / Object.keys(truth).length;
    if (last !== undefined) area += (0.1 * (accuracy + last)) / 2;
    last = accuracy;
  }
  return area;
}

/** [mIoU, O-mIoU or undefined] of one picture. */
export function slowOverlap({ objects, detections }: SlowPicture): [number, number | undefined] {
  const partners: Corners[] = objects.map(() => [0, 0, 0, 0]);
  const scores: number[] = objects.map(() => 0);
  for (const label of new Set(objects.map((object) => object.label))) {
    const open = new Set(objects.keys());
    const free = new Set(detections.keys());
    for (;;) {
      let best: [iou: number, object: number, detection: number] | undefined;
      for (const o of open) {
        for (const d of free) {
          if (objects[o]!.label !== label || detections[d]!.label !== label) continue;
          const iou = plainIou(objects[o]!.box, detections[d]!.box);
          if (!best || iou > best[0]) best = [iou, o, d];
        }
      }
      if (!best) break;
      open.delete(best[1]);
      free.delete(best[2]);
      partners[best[1]] = detections[best[2]]!.box;
      scores[best[1]] = best[0];
    }
  }
  const both = (a: Corners, b: Corners): Corners => [
    Math.max(a[0], b[0]),
    Math.max(a[1], b[1]),
    Math.min(a[2], b[2]),
    Math.min(a[3], b[3]),
  ];
  const shared: number[] = [];
  for (let i = 0; i < objects.length; i++) {
    for (let j = i + 1; j < objects.length; j++) {
      const common = both(objects[i]!.box, objects[j]!.box);
      if (common[2] <= common[0] || common[3] <= common[1]) continue;
      shared.push(plainIou(common, both(partners[i]!, partners[j]!)));
    }
  }
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  return [mean(scores), shared.length > 0 ? mean(shared) : undefined];
}

/** For each object its IoU and whether it is placed, by COCO-MIG's rule without colours. */
export function slowMig({ objects, detections }: SlowPicture): { iou: number; placed: boolean }[] {
  return objects.map(({ label, box }) => {
    const own = detections
      .filter((detection) => detection.label === label && detection.score >= 0.25)
      .sort((a, b) => b.score - a.score);
    const kept: SlowDetection[] = [];
    for (const detection of own) {
      if (kept.every((other) => plainIou(other.box, detection.box) <= 0.8)) kept.push(detection);
    }
    let iou = 0;
    for (const detection of kept) iou = Math.max(iou, plainIou(detection.box, box));
    return { iou, placed: iou >= 0.5 };
  });
}
