import type { Detection, ImageSize, LabelledBox } from '@spatiallock/core';

/** One image: its ground truth, and what a detector found. */
export interface EvaluatedImage {
  readonly truth: readonly LabelledBox[];
  readonly detections: readonly Detection[];
  /** Pixels of this image; `EvaluationOptions.imageSize` if absent. */
  readonly size?: ImageSize;
}
