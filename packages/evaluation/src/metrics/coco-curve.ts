import { IOU_THRESHOLDS, type MatchedImage } from './coco-matching.js';

/** Average precision and recall of one label, one number in 0..1 per IoU threshold. */
export interface LabelCurve {
  readonly averagePrecision: readonly number[];
  readonly recall: readonly number[];
}

/** Steps of 0.01 by multiplication: pycocotools' levels to the last bit, so that ties fall as they do there. */
const RECALL_LEVELS: readonly number[] = Array.from({ length: 101 }, (_, i) => i * 0.01);

/**
 * Precision over recall of one label in all images, interpolated at 101 recall levels.
 *
 * Counts the first `maxDetections` of each image. Returns undefined where no image holds an object to find.
 * Source: accumulate of pycocotools 2.0 (cocoeval.py).
 */
export function labelCurve(images: readonly MatchedImage[], maxDetections: number): LabelCurve | undefined {
  const positives = images.reduce((sum, image) => sum + image.positives, 0);
  if (positives === 0) return undefined;
  const detections = images
    .flatMap((image) => image.detections.filter(({ rank }) => rank < maxDetections))
    .sort((a, b) => b.score - a.score);
  const curves = IOU_THRESHOLDS.map((_, t) =>
    thresholdCurve(
      detections.map(({ outcomes }) => outcomes[t]),
      positives,
    ),
  );
  return {
    averagePrecision: curves.map((curve) => curve.averagePrecision),
    recall: curves.map((curve) => curve.recall),
  };
}

/** `outcomes`, strongest detection first: 1 a hit, -1 a false alarm, 0 not counted. */
function thresholdCurve(
  outcomes: readonly number[],
  positives: number,
): { averagePrecision: number; recall: number } {
  const precision: number[] = [];
  const recall: number[] = [];
  let hits = 0;
  let alarms = 0;
  for (const outcome of outcomes) {
    if (outcome === 0) continue;
    if (outcome > 0) hits++;
    else alarms++;
    precision.push(hits / (hits + alarms));
    recall.push(hits / positives);
  }
  for (let i = precision.length - 2; i >= 0; i--) precision[i] = Math.max(precision[i], precision[i + 1]);
  let sum = 0;
  let i = 0;
  for (const level of RECALL_LEVELS) {
    while (i < recall.length && recall[i] < level) i++;
    sum += precision[i] ?? 0;
  }
  return { averagePrecision: sum / RECALL_LEVELS.length, recall: hits / positives };
}
